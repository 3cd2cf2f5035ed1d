"""Text that was decoded with half surrogate pairs in it is no script."""

import pytest

import horus_runtime as hr


@pytest.mark.parametrize(
    ("text", "position"),
    [('"\udcc3".to_blob()', (1, 2)), ("1;\n// \ud800", (2, 4)), ("\udfff", (1, 1))],
)
def test_half_a_surrogate_pair_is_refused_with_its_place(text: str, position: tuple[int, int]) -> None:
    with pytest.raises(hr.ParseError) as caught:
        hr.Engine().eval(text)
    assert (caught.value.kind, caught.value.position) == ("BadInput", position)
    assert caught.value.message.startswith("Unexpected '\\ud")


def test_characters_beyond_the_first_plane_are_characters() -> None:
    assert hr.Engine().eval('"😀".len + "😀é".bytes') == 1 + 6
