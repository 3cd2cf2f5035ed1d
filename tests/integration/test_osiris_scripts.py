"""Scripts that use the model store."""

from pathlib import Path

import pytest

from horus_runtime.engine import Engine
from horus_runtime.engine.presets import add_osiris
from horus_runtime.errors import EvalError, HostFailure, LimitError, PolicyError
from horus_runtime.limits import Limits
from horus_runtime.modules.osiris import Store
from horus_runtime.modules.policy import Policy


@pytest.fixture
def make(tmp_path: Path):
    def build(policy: Policy | None = None, limits: Limits | None = None) -> Engine:
        engine = Engine.sal(policy or Policy(osiris="schema"), limits=limits)
        return add_osiris(engine, tmp_path / "s.db")

    return build


SEED = """let users = osiris.model("users");
let user = users.create(#{
    name: "Alice",
    email: "alice@example.com"
});"""


def test_the_seed_payload(make, tmp_path):
    make().run(SEED)
    with Store(tmp_path / "s.db") as store:
        assert [record["name"] for record in store.model("users").all()] == ["Alice"]


def test_queries_read_like_sentences(make):
    script = """
        let m = osiris.model("people");
        m.create_many([#{n: "a", age: 1}, #{n: "b", age: 2}, #{n: "c", age: 3}]);
        let names = m.where(#{age__gte: 2}).order("-age").pluck("n");
        let visited = m.each(|r| r.n != "b");
        [names, m.where("age", ">", 1).count(), m.where("age", 1).one().n, m.first().n, m.sum("age"), visited,
         m.find(#{}).len(), m.exists(#{n: "zz"}), m.page(1, 2).pages, m.get_or("x", "none")]
    """
    assert make().eval(script) == [["c", "b"], 2, "a", "a", 6, 2, 3, False, 2, "none"]


def test_transactions_of_scripts(make):
    script = """
        let m = osiris.model("t");
        let value = osiris.transaction(|| { m.create(#{id: "kept"}); 42 });
        try { osiris.transaction(|| { m.create(#{id: "lost"}); throw "no"; }); } catch (e) { m.create(#{id: "" + e}); }
        osiris::transaction(|| {
            m.create(#{id: "outer"});
            try { osiris.transaction(|| { m.create(#{id: "inner"}); m.create(#{id: "outer"}); }); } catch {}
        });
        [value, m.pluck("id")]
    """
    assert make().eval(script) == [42, ["kept", "no", "outer"]]


def test_errors_are_maps_that_scripts_catch(make):
    script = """
        let text = "";
        try { osiris.model("u").get("x") } catch (e) { text = `${e.kind} ${e["module"]}.${e["function"]} ${e.model}` }
        text
    """
    assert make().eval(script) == "NotFound osiris.get u"
    with pytest.raises(HostFailure) as caught:
        make().eval("osiris.model(7)")
    assert caught.value.message == "TypeMismatch: osiris.model: 'name' must be a string, not i64"


def test_levels_of_the_capability(make):
    make().run('osiris.model("u").create(#{id: "a"})')
    reader = make(Policy(osiris="read"))
    assert reader.eval('osiris.model("u").count()') == 1
    for change in ("create(#{})", 'update("a", #{})', 'delete("a")', "where(#{}).delete_all(#{all: true})"):
        with pytest.raises(PolicyError) as caught:
            reader.eval(f'osiris.model("u").{change}')
        assert caught.value.message.endswith("grant it with --allow-osiris=write")
    with pytest.raises(PolicyError):
        make(Policy(osiris="write")).eval('osiris.model("u").index("a")')
    with pytest.raises(PolicyError):
        make(Policy(osiris="write")).eval('osiris.model("u", #{a: "int"})')
    with pytest.raises(PolicyError):
        make(Policy(osiris="schema", namespaces=("other",))).eval('osiris.model("u").count()')


def test_without_a_store_the_module_is_unavailable():
    from horus_runtime.modules.osiris import osiris_module

    engine = Engine.sal(Policy.allow_all())
    engine.register_static_module("osiris", osiris_module())
    with pytest.raises(HostFailure) as caught:
        engine.eval('osiris.model("a")')
    assert caught.value.failure == "Unavailable"


def test_running_out_of_operations_undoes_the_transaction(make, tmp_path):
    with pytest.raises(LimitError):
        make(limits=Limits(max_operations=20_000)).run(
            'let m = osiris.model("t"); osiris.transaction(|| { m.create(#{id: "lost"}); loop {} });'
        )
    with Store(tmp_path / "s.db") as store:
        assert store.model("t").count() == 0


def test_handles_work_inside_functions_and_print_their_names(make):
    assert make().eval('fn how_many() { osiris.model("u").count() } how_many()') == 0
    assert make().eval('type_of(osiris.model("u").where(#{}))') == "Query"
    with pytest.raises(EvalError):
        make().eval('osiris.model("u").store')


def test_schemas_and_search_from_scripts(make):
    script = """
        let posts = osiris.model("posts", #{title: "string! search", n: #{type: "int", "default": 1}});
        posts.create(#{title: "Hello world"});
        let bad = try_it(posts);
        fn try_it(posts) { try { posts.create(#{n: "x"}) } catch (e) { return e.problems.len() } }
        [posts.search("hello")[0].title, posts.schema().n["default"], bad, posts.validate(#{}).len()]
    """
    assert make().eval(script) == ["Hello world", 1, 2, 1]


def test_lifecycle_of_a_blog_in_one_script(make):
    script = """
        let authors = osiris.model("authors", #{name: "string! unique"});
        let posts = osiris.model("posts", #{
            title: "string! search", author_id: "ref(authors)", views: #{type: "int", "default": 0},
            slug: #{type: "string", computed: "lower(title)"},
        });
        authors.has_many("posts", "posts");
        let ann = authors.create(#{name: "Ann"});
        posts.create_many([#{title: "One", author_id: ann.id, views: 3}, #{title: "Two", author_id: ann.id}]);
        posts.create(#{title: "Three"});
        let groups = posts.group_by("author_id").count();
        let page = posts.order("title").after((), 2);
        let rest = posts.order("title").after(page.next, 2);
        [
            posts.where("title", "One").include("author").first().author.name,
            authors.related(ann, "posts").count(),
            groups.map(|g| g.count), posts.group_by("author_id").sum("views").map(|g| g.sum),
            page.items.map(|r| r.slug), rest.items.map(|r| r.slug), rest.contains("next"),
            posts.search("two", #{highlight: true})[0]._highlight.title,
            posts.where("views", 0).search("t").order("title").pluck("title"), posts.search_count("one"),
            authors.include("posts").first().posts.len(),
        ]
    """
    assert make().eval(script) == [
        "Ann", 2, [2, 1], [3, 0], ["one", "three"], ["two"], False, "[Two]", ["Three", "Two"], 1, 2,
    ]  # fmt: skip


def test_history_migrations_and_batches_of_scripts(make):
    script = """
        let m = osiris.model("items");
        m.keep_history();
        let made = osiris.batch([
            #{op: "create", model: "items", record: #{id: "a", n: 1}},
            #{op: "increment", model: "items", id: "a", field: "n", by: 4},
        ]);
        let steps = [#{name: "double", up: || m.transform(|r| #{n: r.n * 2})}];
        let rehearsed = osiris.migrate(steps, #{dry_run: true});
        let applied = osiris.migrate(steps);
        let again = osiris.migrate(steps);
        let failed = "";
        try { osiris.batch([#{op: "delete", model: "items", id: "a"}, #{op: "get", model: "items", id: "zz"}]) }
        catch (e) { failed = `${e.kind} ${e.index}` }
        [made[1], rehearsed[0].name, applied, again, m.get("a").n, osiris.migrations()[0].hash.len(), failed,
         m.history("a").map(|c| c.action), m.at(osiris.now()).count(), m.changes(0).len()]
    """
    assert make().eval(script) == [
        5, "double", ["double"], [], 10, 32, "NotFound 1", ["create", "update", "update"], 1, 3,
    ]  # fmt: skip


def test_a_changed_migration_warns(make):
    make().run('osiris.migrate([#{name: "a", up: || 1}])')
    engine, told = make(), []
    engine.on_print(told.append)
    engine.run('osiris.migrate([#{name: "a", up: || 2}])')
    assert told == ["warning: the migration 'a' was changed after it had been applied"]


def test_files_pass_the_gate(make, tmp_path):
    script = f"""
        let m = osiris.model("u");
        m.create_many([#{{id: "a"}}, #{{id: "b"}}]);
        let size = m.export_data(#{{path: "{tmp_path}/out/u.csv"}});
        m.clear(#{{confirm: true}});
        let back = m.import_data(#{{path: "{tmp_path}/out/u.csv"}});
        let all = osiris.export_data(#{{path: "{tmp_path}/out/all.jsonl"}});
        [size > 50, back.created, all > 100, osiris.backup("{tmp_path}/out/copy.db") > 4096,
         m.import_data([#{{id: "c"}}]).created, osiris.import_data(#{{path: "{tmp_path}/out/all.jsonl",
         on_conflict: "skip"}}).u.skipped]
    """
    (tmp_path / "out").mkdir()
    with pytest.raises(PolicyError) as caught:
        make().eval(script)
    assert caught.value.message.startswith(f"PolicyDenied: osiris.export_data on '{tmp_path}/out/u.csv' is not allowed")
    granted = Policy(osiris="schema", read=(str(tmp_path / "out"),), write=(str(tmp_path / "out"),))
    assert make(granted).eval(f'osiris.model("u").clear(#{{confirm: true}}); {script}') == [True, 2, True, True, 1, 2]
    assert (tmp_path / "out" / "u.csv").stat().st_mode & 0o777 == 0o600


def test_namespaces_and_contexts_are_granted_by_name_and_by_signature(make):
    with pytest.raises(PolicyError):
        make().eval('osiris.namespace("team")')
    engine = make(Policy(osiris="schema", namespaces=("default", "team")))
    assert engine.eval('let t = osiris.namespace("team"); t.model("u").create(#{}); [t.models(), osiris.models()]') == [
        ["u"], [],
    ]  # fmt: skip
    with pytest.raises(PolicyError) as caught:
        make().eval('osiris.context(["ed25519:aa"])')
    assert caught.value.message == "PolicyDenied: osiris.context: 'ed25519:aa' is not a verified signer of this job"
    engine = make()
    engine.services["signers"] = ("k1", "k2")
    assert engine.eval("""
        osiris.context(["k2", "k1"]).model("u").create(#{id: "x"});
        osiris.context(["k1", "k2"]).model("u").exists("x")
    """)


def test_jobs_open_contexts_for_their_signers_and_sign_histories(tmp_path, monkeypatch):
    import horus_runtime as hr

    monkeypatch.chdir(tmp_path)
    key = hr.SigningKey.generate()
    payload = f"""
        let c = osiris.context(["{key.public_key}"]);
        let m = c.model("u");
        m.keep_history();
        m.create(#{{id: "a"}});
        print(m.history("a")[0].by);
    """
    for sign in (True, False):
        job = hr.Job(runner_id="osiris", payload=payload)
        if sign:
            job.sign(key)
        result = hr.execute(job, hr.RunnerRegistry.default())
        assert (result.output, result.exit_code) == ((f"{key.public_key}\n", 0) if sign else ("", 4))


def test_waiting_for_another_writer_ends_at_the_deadline(make, tmp_path):
    with Store(tmp_path / "s.db") as other, other.transaction():
        other.model("u").create({})
        with pytest.raises(LimitError) as caught:
            make(limits=Limits(max_duration=0.2)).run('osiris.model("u").create(#{})')
    assert caught.value.exit_code == 124
    engine = make()
    engine.services["osiris"].busy_seconds = 0.1
    with Store(tmp_path / "s.db") as other, other.transaction():
        other.model("u").create({})
        text = 'let t = ""; try { osiris.model("u").create(#{}) } catch (e) { t = `${e.kind}: ${e.hint}` } t'
        assert engine.eval(text) == "Conflict: try again"


def test_conflicts_are_tried_again_where_that_is_asked_for(make):
    script = """
        let tries = 0;
        let m = osiris.model("u");
        let old = m.create(#{id: "a", n: 0});
        osiris.transaction(|| {
            tries += 1;
            if tries < 3 { m.update("a", #{n: 1}); m.update(old) }
            tries
        }, #{retries: 5})
    """
    assert make().eval(script) == 3
    with pytest.raises(EvalError) as caught:
        make().eval(script.replace('"a"', '"b"').replace("retries: 5", "retries: 1"))
    assert caught.value.message.startswith("Conflict: the record 'b' of 'u' was changed meanwhile (line 7, ")
