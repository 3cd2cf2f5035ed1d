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
