"""A first handful of the robustness run; `python -m tests.fuzz.robust` goes on for as long as one likes."""

import pytest

from tests.fuzz.inputs import text_of
from tests.fuzz.robust import outcome


@pytest.mark.parametrize("seed", range(150))
def test_any_text_gives_a_value_or_an_error_of_ours(seed: int) -> None:
    assert outcome(text_of(seed), seed) == ""


def test_a_seed_always_means_the_same_input() -> None:
    assert [text_of(seed) for seed in range(40)] == [text_of(seed) for seed in range(40)]
