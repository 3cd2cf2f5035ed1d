"""What runs used."""

import contextlib
import logging
import sys
import types

import pytest

import horus_runtime as hr


@pytest.fixture
def engine():
    made = hr.Engine()
    made.register_fn("one", lambda: 1)
    return made


def test_metrics_add_up_runs(engine):
    metrics = engine.metrics
    engine.eval("one() + one()")
    with pytest.raises(hr.EvalError):
        engine.eval("one(); throw 1")
    found = metrics.as_dict()
    assert (found["runs"], found["failures"], found["host_calls"]) == (2, 1, 3)
    assert found["operations"] > 3
    assert found["seconds"] > 0
    assert metrics.last.error == "ErrorRuntime"
    assert metrics is engine.metrics


def test_the_host_is_told_of_every_run(engine):
    told = []
    engine.on_end(told.append)
    engine.eval("let s = ``; s.pad(100000, `x`); s.len")
    tree = engine.compile("fn f(x) { one() + x }")
    engine.call_fn(tree, "f", 2)
    assert [(run.host_calls, run.error) for run in told] == [(0, None), (1, None)]
    assert told[0].peak_data >= 100_000
    assert sorted(told[0].as_dict()) == ["error", "host_calls", "operations", "peak_data", "seconds"]
    engine.on_end(None)
    engine.eval("1")
    assert len(told) == 2


def test_limits_are_told_too():
    told = []
    engine = hr.Engine(hr.Limits(max_operations=100))
    engine.on_end(told.append)
    with pytest.raises(hr.LimitError):
        engine.eval("loop { }")
    assert told[0].error == "ErrorTooManyOperations"
    assert told[0].operations > 100


def test_runs_are_logged_where_the_host_wants_that(engine, caplog):
    engine.on_end(lambda run: None)
    with caplog.at_level(logging.DEBUG, logger="horus_runtime"):
        engine.eval("one()")
    [record] = caplog.records
    assert record.name == "horus_runtime"
    assert record.getMessage().startswith("run ended: RunMetrics(error=None, host_calls=1, operations=")


def test_tracing_without_the_package_changes_nothing(engine, monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    engine.tracing = True
    assert engine.eval("one()") == 1
    with pytest.raises(TypeError):
        engine.tracing = 1


def test_tracing_makes_a_span_of_a_run(engine, monkeypatch):
    spans = []

    class Tracer:
        @contextlib.contextmanager
        def start_as_current_span(self, name):
            span = types.SimpleNamespace(name=name, attributes={})
            span.set_attribute = span.attributes.__setitem__
            spans.append(span)
            yield span

    trace = types.SimpleNamespace(get_tracer=lambda name: Tracer())
    monkeypatch.setitem(sys.modules, "opentelemetry", types.SimpleNamespace(trace=trace))
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", trace)
    engine.tracing = True
    assert engine.eval("one()") == 1
    [span] = spans
    assert span.name == "horus.run"
    assert span.attributes["horus.host_calls"] == 1
    assert sorted(span.attributes) == ["horus.host_calls", "horus.operations", "horus.peak_data"]


def test_nothing_is_observed_until_somebody_asks(engine):
    assert engine.observed is False
    engine.eval("1")
    assert engine.observed is False


def test_a_call_whose_script_has_statements_is_one_run(engine):
    seen = []
    engine.on_end(seen.append)
    tree = engine.compile("one(); fn f() { one() }")
    assert engine.call_fn(tree, "f") == 1
    assert [used.host_calls for used in seen] == [2]


def test_real_spans_carry_what_a_run_used_and_its_error(engine):
    """With the package itself, which the development extra brings."""
    trace = pytest.importorskip("opentelemetry.sdk.trace", reason="opentelemetry-sdk is not installed")
    from opentelemetry import trace as api
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    provider = trace.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    api.set_tracer_provider(provider)
    engine.tracing = True
    with api.get_tracer("test").start_as_current_span("around"):
        assert engine.eval("one() + one()") == 2
    with pytest.raises(hr.EvalError):
        engine.eval("missing")
    run, around, failed = exporter.get_finished_spans()
    assert (run.name, around.name, failed.name) == ("horus.run", "around", "horus.run")
    assert run.parent.span_id == around.context.span_id
    assert run.attributes["horus.host_calls"] == 2
    assert run.attributes["horus.operations"] > 0
    assert sorted(run.attributes) == ["horus.host_calls", "horus.operations", "horus.peak_data"]
    assert run.status.is_ok
    assert not failed.status.is_ok
    assert failed.status.description == "EvalError: Variable not found: missing (line 1, position 1)"
    assert [event.name for event in failed.events] == ["exception"]
