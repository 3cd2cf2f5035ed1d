"""What scripts reach of the host's classes: what is exposed, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, Field

import horus_runtime as hr


def failure(engine: hr.Engine, text: str, **variables: Any) -> tuple[str, str]:
    with pytest.raises(hr.HorusError) as raised:
        engine.eval(text, scope=hr.Scope(variables))
    return raised.value.kind, raised.value.message


class Player:
    """Somebody who plays."""

    kind = "human"

    def __init__(self, name: str, lives: int = 3) -> None:
        self.name = name
        self.lives = lives
        self._secret = "hidden"
        self.tags: list[str] = []

    @property
    def alive(self) -> bool:
        return self.lives > 0

    @property
    def rank(self) -> int:
        return len(self.tags)

    @rank.setter
    def rank(self, value: int) -> None:
        self.tags = ["x"] * value

    def hit(self, damage: int = 1) -> int:
        """Take damage."""
        self.lives -= damage
        return self.lives

    def shout(self, ctx: hr.NativeCallContext, text: str) -> str:
        return f"{self.name}@{ctx.position}: {text}"

    @staticmethod
    def limit() -> int:
        return 9

    @classmethod
    def named(cls, name: str) -> Player:
        return cls(name)


EXPOSED = ["name", "lives", "alive", "rank", "hit", "shout", "limit", "named", "kind", "tags"]


@pytest.fixture
def engine() -> hr.Engine:
    engine = hr.Engine()
    engine.register_type(Player, expose=EXPOSED, readonly=["name", "kind"], constructor=True)
    return engine


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("p.name", "Ann"),
        ("p.lives", 3),
        ("p.alive", True),
        ("p.kind", "human"),
        ("p.lives = 5; p.lives", 5),
        ("p.lives += 2; p.lives", 5),
        ("p.rank = 2; [p.rank, p.tags]", [2, ["x", "x"]]),
        ("p.hit()", 2),
        ("p.hit(2); p.hit(1)", 0),
        ("hit(p)", 2),
        ("p.shout(`hey`)", "Ann@line 1, position 3: hey"),
        ("Player::limit()", 9),
        ("Player::named(`Bob`).name", "Bob"),
        ("Player(`Eve`, 7).lives", 7),
        ("Player(`Eve`).lives", 3),
        ("type_of(p)", "Player"),
        ("`${p}`", "Player"),
        ("const q = p; q.hit()", 2),
        ("let all = [p, p]; all[0].hit(); all[1].lives", 2),
        ("#{who: p}.who.name", "Ann"),
    ],
)
def test_scripts_reach_what_is_exposed(engine, text, value):
    assert engine.eval(text, scope=hr.Scope({"p": Player("Ann")})) == value


UNKNOWN = "Unknown property '{}' - a getter is not registered for type 'Player'"


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("p._secret", "ErrorDotExpr", UNKNOWN.format("_secret")),
        ("p.__class__", "ErrorDotExpr", UNKNOWN.format("__class__")),
        ("p.__dict__", "ErrorDotExpr", UNKNOWN.format("__dict__")),
        ("p.hit.__globals__", "ErrorDotExpr", UNKNOWN.format("hit")),
        ("p.__init__(1)", "ErrorFunctionNotFound", "Function not found: __init__ (Player, i64)"),
        ("p[0]", "ErrorIndexingType", "Indexer unavailable: Player [i64]"),
        ('p["_secret"]', "ErrorIndexingType", "Indexer unavailable: Player [string]"),
        ("p + p", "ErrorFunctionNotFound", "Function not found: + (Player, Player)"),
        ("p == p", "ErrorFunctionNotFound", "Function not found: == (Player, Player)"),
        ("p < p", "ErrorFunctionNotFound", "Function not found: < (Player, Player)"),
        ("for x in p { }", "ErrorFor", "For loop expects iterable type"),
        (
            "p.name = `X`",
            "ErrorDotExpr",
            "No writable property 'name' - a setter is not registered for type 'Player' to handle 'string'",
        ),
        ("const q = p; q.lives = 1", "ErrorNonPureMethodCallOnConstant", "Cannot modify property 'lives' of constant"),
        (
            "p.hit(`x`)",
            "ErrorFunctionNotFound",
            "Function not found: hit (Player, &str | ImmutableString | String)",
        ),
    ],
)
def test_everything_else_does_not_exist(engine, text, kind, message):
    assert failure(engine, text, p=Player("Ann")) == (kind, message)


def test_an_attribute_without_annotation_takes_any_value(engine):
    player = Player("Ann")
    engine.eval("p.lives = `many`", scope=hr.Scope({"p": player}))
    assert player.lives == "many"


def test_comparing_values_of_different_types_gives_false(engine):
    assert engine.eval("[p == 1, p != 1]", scope=hr.Scope({"p": Player("A")})) == [False, True]


def test_an_unregistered_object_passes_through_and_nothing_of_it_is_reachable():
    class Opaque:
        secret = 1

    thing = Opaque()
    engine = hr.Engine()
    assert engine.eval("let y = x; y", scope=hr.Scope({"x": thing})) is thing
    assert failure(engine, "x.secret", x=thing) == (
        "ErrorDotExpr",
        "Unknown property 'secret' - a getter is not registered for type 'Opaque'",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"expose": ["_secret"]}, "'_secret' of Player is private and cannot be exposed"),
        ({"expose": ["__class__"]}, "'__class__' of Player is private and cannot be exposed"),
        ({"expose": ["nope"]}, "Player has no attribute 'nope' to expose"),
        ({"expose": {"name": "a b"}}, "'a b' is no name for a member of Player"),
        ({"expose": ["name"], "readonly": ["lives"]}, "readonly names what is not exposed: lives"),
        ({"expose": "fields"}, "Player is no dataclass or pydantic model: name what to expose"),
        ({"name": "string"}, "the type name 'string' is taken already"),
        ({"name": "a b"}, "'a b' is no name for a type"),
        ({"operators": ["+"]}, "operator '+' cannot be exposed: Player does not define it"),
        ({"operators": ["??"]}, "operator '??' cannot be exposed: it is none that classes can define"),
        ({"indexer": True}, "Player has no __getitem__ for an indexer"),
    ],
)
def test_wrong_registrations_are_refused_with_the_name_of_what_is_wrong(options, message):
    with pytest.raises(ValueError) as raised:
        hr.Engine().register_type(Player, **options)
    assert str(raised.value) == message


def test_types_of_the_language_cannot_be_registered():
    with pytest.raises(ValueError) as raised:
        hr.Engine().register_type(dict)
    assert str(raised.value) == "dict is a type of the language already: map"


def test_a_subclass_is_what_its_base_is_registered_as(engine):
    class Boss(Player):
        pass

    assert engine.eval("[type_of(b), b.hit(), b.name]", scope=hr.Scope({"b": Boss("Z")})) == ["Player", 2, "Z"]


def test_a_name_given_later_counts_for_functions_registered_before():
    engine = hr.Engine()

    @engine.fn
    def name_of(player: Player) -> str:
        return player.name

    engine.register_type(Player, name="Hero")
    assert engine.eval("[type_of(p), name_of(p)]", scope=hr.Scope({"p": Player("A")})) == ["Hero", "A"]
    assert failure(engine, "name_of(1)") == ("ErrorFunctionNotFound", "Function not found: name_of (i64)")


# --- Dataclasses and models -------------------------------------------------------------------------------------------


@dataclass
class Vec:
    x: float
    y: float = 0.0
    note: str = field(default="", metadata={"script": {"skip": True}})
    serial: int = field(default=7, metadata={"script": {"name": "number", "readonly": True}})

    def __add__(self, other: Vec) -> Vec:
        return Vec(self.x + other.x, self.y + other.y)

    def __mul__(self, factor: float) -> Vec:
        return Vec(self.x * factor, self.y * factor)

    def __rmul__(self, factor: float) -> Vec:
        return self * factor

    def __neg__(self) -> Vec:
        return Vec(-self.x, -self.y)

    def __getitem__(self, index: int) -> float:
        return (self.x, self.y)[index]

    def __setitem__(self, index: int, value: float) -> None:
        setattr(self, "xy"[index], value)

    def __iter__(self):
        return iter((self.x, self.y))

    def __contains__(self, item: float) -> bool:
        return item in (self.x, self.y)

    def __lt__(self, other: Vec) -> bool:
        return self.x < other.x


@pytest.fixture
def vectors() -> hr.Engine:
    engine = hr.Engine()
    engine.register_type(
        Vec,
        expose="fields",
        constructor="vec",
        operators=["+", "*", "-", "==", "<", "in"],
        indexer=True,
        iterable=True,
        display=lambda vec: f"<{vec.x}, {vec.y}>",
    )
    return engine


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("vec(1.0, 2.0) + vec(0.5)", Vec(1.5, 2.0)),
        ("vec(1.0, 2.0) * 2.0", Vec(2.0, 4.0)),
        ("2.0 * vec(1.0, 2.0)", Vec(2.0, 4.0)),
        ("-vec(1.0, 2.0)", Vec(-1.0, -2.0)),
        ("let v = vec(1.0); v += vec(1.0); v", Vec(2.0)),
        ("[vec(1.0) == vec(1.0), vec(1.0) != vec(1.0), vec(1.0) == vec(2.0)]", [True, False, False]),
        ("[vec(1.0) < vec(2.0)]", [True]),
        ("vec(1.0, 2.0)[1]", 2.0),
        ("let v = vec(1.0); v[1] = 9.0; v.y", 9.0),
        ("let s = 0.0; for part in vec(1.0, 2.0) { s += part; } s", 3.0),
        ("[2.0 in vec(1.0, 2.0), 5.0 in vec(1.0, 2.0)]", [True, False]),
        ("`${vec(1.0)} ${[vec(2.0)]}`", "<1.0, 0.0> [<2.0, 0.0>]"),
        ("vec(1.0).number", 7),
        ("[1.0, 2.0].contains(2.0)", True),
        ("[vec(1.0), vec(2.0)].index_of(vec(2.0))", 1),
    ],
)
def test_a_dataclass_brings_its_fields_operators_and_texts(vectors, text, value):
    assert vectors.eval(text) == value


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("vec(1.0).note", "ErrorDotExpr", "Unknown property 'note' - a getter is not registered for type 'Vec'"),
        (
            "let v = vec(1.0); v.number = 1;",
            "ErrorDotExpr",
            "No writable property 'number' - a setter is not registered for type 'Vec' to handle 'i64'",
        ),
        (
            "let v = vec(1.0); v.x = 1;",
            "ErrorDotExpr",
            "No writable property 'x' - a setter is not registered for type 'Vec' to handle 'i64'",
        ),
        ("vec(1.0)[5]", "ErrorRuntime", "Runtime error: tuple index out of range"),
        ("vec(1.0) + 1", "ErrorFunctionNotFound", "Function not found: + (Vec, i64)"),
        ("vec(1.0) > vec(1.0)", "ErrorFunctionNotFound", "Function not found: > (Vec, Vec)"),
    ],
)
def test_a_dataclass_brings_nothing_else(vectors, text, kind, message):
    assert failure(vectors, text) == (kind, message)


class Order(BaseModel):
    item: str
    count: int = Field(default=1, ge=1)
    price: Decimal = Decimal("0.50")

    def total(self) -> Decimal:
        return self.price * self.count


@pytest.fixture
def shop() -> hr.Engine:
    engine = hr.Engine()
    engine.register_type(Order, expose=["item", "count", "total"], constructor=True)
    engine.register_converter(Decimal, float)
    return engine


def test_a_pydantic_model_is_checked_when_it_is_made_and_when_it_is_changed(shop):
    assert shop.eval("let o = Order(#{item: `pen`}); o.count = 4; [o.item, o.total()]") == ["pen", 2.0]
    assert failure(shop, "Order(#{count: 1})") == (
        "ErrorMismatchDataType",
        "Data type incorrect: .item: field required (expecting Order)",
    )
    assert failure(shop, "let o = Order(#{item: `pen`}); o.count = 0;") == (
        "ErrorMismatchDataType",
        "Data type incorrect: Order.count: input should be greater than or equal to 1",
    )


def test_objects_of_registered_types_are_handed_on_and_others_become_maps(shop):
    order = Order(item="pen")
    assert shop.eval("[type_of(o), o.item]", scope=hr.Scope({"o": order})) == ["Order", "pen"]
    assert hr.Engine().eval("o", scope=hr.Scope({"o": order})) == {"item": "pen", "count": 1, "price": "0.50"}
    assert shop.eval("orders[1].count", scope=hr.Scope({"orders": [order, order]})) == 1


def test_getters_setters_and_indexers_by_decorator():
    engine = hr.Engine()
    engine.register_type(Player)

    @engine.getter
    def title(player: Player) -> str:
        return player.name.title()

    @engine.setter(Player, "title")
    def set_title(player, value: str) -> None:
        player.name = value.lower()

    @engine.indexer
    def tag(player: Player, index: int) -> str:
        return player.tags[index]

    @tag.setter
    def set_tag(player: Player, index: int, value: str) -> None:
        player.tags.insert(index, value)

    @engine.iterator
    def tags(player: Player):
        return player.tags

    player = Player("ann")
    text = "p[0] = `b`; p[0] = `a`; p.title = `NEW`; let all = ``; for t in p { all += t; } [p.title, p[1], all]"
    assert engine.eval(text, scope=hr.Scope({"p": player})) == ["New", "b", "ab"]


def test_a_string_indexer_serves_unknown_properties():
    engine = hr.Engine()
    engine.register_type(Player, expose=["name"])
    engine.register_indexer(Player, lambda player, key: f"no {key}", lambda player, key, value: None)
    assert engine.eval("[p.name, p.color, p[`size`]]", scope=hr.Scope({"p": Player("A")})) == [
        "A",
        "no color",
        "no size",
    ]


@pytest.mark.parametrize("cls", [list, dict, str, int, bytearray])
def test_types_with_an_indexer_of_their_own_get_no_other(cls):
    with pytest.raises(ValueError) as raised:
        hr.Engine().register_indexer(cls, lambda value, index: None)
    assert str(raised.value).endswith("is not possible: it has one of its own")


def test_a_class_can_register_itself():
    class Counter:
        def __init__(self) -> None:
            self.value = 0

        @classmethod
        def build_type(cls, builder) -> None:
            builder.with_name("Tally").with_comments("Counts.").with_fn("new_tally", cls).with_get(
                "value", lambda this: this.value
            ).with_method("add", cls.add).with_indexer_get(lambda this, index: index).is_iterable(
                lambda this: range(this.value)
            ).on_print(lambda this: f"tally {this.value}")

        def add(self, count: int) -> None:
            self.value += count

    engine = hr.Engine().build_type(Counter)
    text = "let t = new_tally(); t.add(3); let n = 0; for i in t { n += i; } [`${t}`, t.value, t[8], n, type_of(t)]"
    assert engine.eval(text) == ["tally 3", 3, 8, 3, "Tally"]
    assert engine.host.type_docs == {"Tally": "Counts."}


def test_a_class_without_a_builder_is_refused():
    with pytest.raises(TypeError) as raised:
        hr.Engine().build_type(Player)
    assert str(raised.value) == "Player has no class method build_type(builder)"


# --- What properties give, changed in place ---------------------------------------------------------------------------


class Inner:
    def __init__(self) -> None:
        self.items = [1, 2]
        self.table: dict[str, Any] = {"k": 1, "list": [0]}


class Outer:
    def __init__(self) -> None:
        self.inner = Inner()
        self.items = [1, 2]
        self.name = "abc"
        self.fixed = [1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("o.items.push(3); o.items", [1, 2, 3]),
        ("o.items.insert(0, 3); o.items", [3, 1, 2]),
        ("o.items[0] = 9; o.items", [9, 2]),
        ("o.items[0] += 9; o.items", [10, 2]),
        ("o.inner.items[1] = 7; o.inner.items", [1, 7]),
        ("o.inner.items.push(7); o.inner.items", [1, 2, 7]),
        ("o.inner.table.k = 7; o.inner.table.z = 8; [o.inner.table.k, o.inner.table.z]", [7, 8]),
        ("o.inner.table.list.push(5); o.inner.table.list", [0, 5]),
        ("o.inner.table.list[0] = 5; o.inner.table.list", [5]),
        ("o.inner.table[`k`] = 3; o.inner.table.k", 3),
        ("o.name += `d`; o.name", "abcd"),
        ("o.name.pad(5, 'x'); o.name", "abcxx"),
        ("o.name[0] = 'X'; o.name", "Xbc"),
        ("let f = || o.items.push(1); f.call(); o.items", [1, 2, 1]),
        ("fn add(target) { target.items.push(5) } add(o); o.items", [1, 2, 5]),
        ("fn add() { this.items.push(5) } o.add(); o.items", [1, 2, 5]),
        ("fn add() { this.push(5) } o.items.add(); o.items", [1, 2, 5]),
        ("let all = [o]; all[0].items.push(4); o.items", [1, 2, 4]),
        ("let m = #{o: o}; m.o.items.push(4); o.items", [1, 2, 4]),
        ("let copy = o.items; copy.push(9); o.items", [1, 2]),
        ("o.fixed.push(9); o.fixed", [1]),
    ],
)
def test_what_a_property_gives_goes_back_when_it_is_changed(text, value):
    engine = hr.Engine()
    engine.register_type(Inner, expose=["items", "table"])
    engine.register_type(Outer, expose=["inner", "items", "name", "fixed"], readonly=["fixed", "inner"])
    assert engine.eval(text, scope=hr.Scope({"o": Outer()})) == value


def test_a_setter_is_called_for_changes_only():
    stored: list[Any] = []
    engine = hr.Engine()
    engine.register_type(Inner)
    engine.register_get_set(Inner, "items", lambda this: [1], lambda this, value: stored.append(value))
    text = "o.items.len(); o.items[0]; o.items.index_of(1); for x in o.items { } o.items.contains(1); o.items.push(2);"
    engine.eval(text, scope=hr.Scope({"o": Inner()}))
    assert stored == [[1, 2]]


def test_an_indexer_takes_back_what_it_gave():
    class Table:
        def __init__(self) -> None:
            self.rows = {"a": [1]}

        def __getitem__(self, key: str) -> list[int]:
            return self.rows[key]

        def __setitem__(self, key: str, value: list[int]) -> None:
            self.rows[key] = value

    engine = hr.Engine().register_type(Table, indexer=True)
    table = Table()
    engine.eval("t[`a`].push(2); t.a.push(3); t[`a`][0] = 0;", scope=hr.Scope({"t": table}))
    assert table.rows == {"a": [0, 2, 3]}


def test_what_goes_back_is_checked_by_the_model():
    class Bag(BaseModel):
        sizes: list[int]

    engine = hr.Engine().register_type(Bag, expose="fields")
    bag = Bag(sizes=[1])
    assert failure(engine, "b.sizes.push(`x`)", b=bag)[0] == "ErrorMismatchDataType"
    assert bag.sizes == [1]
