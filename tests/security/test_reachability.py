"""Nothing that was not exposed can be reached: random chains of members on random host objects."""

from hypothesis import given, settings
from hypothesis import strategies as st

import horus_runtime as hr

SECRET = "the secret"


class Inner:
    def __init__(self):
        self.secret = SECRET
        self.visible = 1

    def __getitem__(self, key):
        return SECRET

    def __iter__(self):
        return iter([SECRET])

    def __repr__(self):
        return SECRET

    __str__ = __repr__

    def run(self):
        return SECRET


class Outer(Inner):
    def __init__(self):
        super().__init__()
        self.inner = Inner()


def engine():
    made = hr.Engine()
    for cls in (Inner, Outer):
        made.register_type(cls, name=cls.__name__)
    made.register_fn("outer", Outer)
    return made


ENGINE = engine()
MEMBERS = st.sampled_from(
    ["secret", "visible", "inner", "run", "__class__", "__dict__", "__init__", "__globals__", "__mro__", "_x", "keys",
     "to_string", "to_debug", "get", "len", "call", "tag", "values", "type_of", "is_shared", "to_json"]
)  # fmt: skip
LINKS = st.one_of(
    MEMBERS.map(lambda name: f".{name}"),
    MEMBERS.map(lambda name: f".{name}()"),
    MEMBERS.map(lambda name: f".{name}(0)"),
    MEMBERS.map(lambda name: f"[`{name}`]"),
    st.integers(-2, 2).map(lambda index: f"[{index}]"),
    MEMBERS.map(lambda name: f"?.{name}"),
    st.sampled_from([" + ``", " == 1", " ?? 0", ".map(|x| x)", " + outer()"]),
)
STARTS = st.sampled_from(["x", "[x]", "#{a: x}", "[x][0]", "#{a: x}.a", "(|| x).call()", "`${x}`", "outer()"])


@settings(max_examples=300, deadline=None)
@given(STARTS, st.lists(LINKS, min_size=1, max_size=5))
def test_no_chain_of_members_reaches_what_is_not_exposed(start, links):
    script = f"let x = outer(); let r = {start}{''.join(links)}; `${{r}}`"
    try:
        found = ENGINE.eval(script)
    except hr.HorusError as error:
        found = f"{type(error).__name__} {error}"
    assert SECRET not in found, script
    assert not found.startswith("InternalError"), script
