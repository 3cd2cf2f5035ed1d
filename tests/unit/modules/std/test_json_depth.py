"""The depth of a JSON text told from its brackets agrees with the depth of the value it stands for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from horus_runtime.modules.std import json_depth
from horus_runtime.modules.std.json_depth import is_deeper


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


def nothing() -> None:
    pass


texts = st.text(alphabet='ab[]{}"\\/\n', max_size=6)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=20,
)


@given(values, st.integers(0, 6), st.booleans(), st.integers(1, 9))
def test_the_depth_is_that_of_the_value(value: object, most: int, escaped: bool, step: int) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_depth, "STEP", step)
        assert is_deeper(text, most, nothing) == (depth_of(value) > most)


def test_many_shallow_containers_are_not_deep() -> None:
    assert not is_deeper("[" + "[]," * 1000 + "{}]", 2, nothing)


def test_brackets_in_strings_do_not_count() -> None:
    assert not is_deeper('["' + "[" * 1000 + '", "\\"[[[[\\\\"]', 1, nothing)


def test_long_texts_look_at_the_clock() -> None:
    polls: list[None] = []
    assert not is_deeper("[" + "[]," * 400_000 + "[]]", 127, lambda: polls.append(None))
    assert len(polls) == 1 + 3 * 400_000 // json_depth.STEP
