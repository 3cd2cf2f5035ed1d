"""Every script of this folder checks one feature of the language by itself; it fails by throwing."""

from pathlib import Path

import pytest

import horus_runtime as hr
from tests.support.variants import VARIANTS, engine_of

SCRIPTS = sorted(Path(__file__).parent.glob("*.rhai"))


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_feature_works_however_it_is_compiled(path: Path, variant: str) -> None:
    engine = engine_of(variant)
    engine.module_resolver = hr.FileModuleResolver(path.parent)
    engine.eval_file(path)


def test_there_are_scripts_and_each_of_them_checks_something() -> None:
    assert [path.stem for path in SCRIPTS if path.read_text(encoding="utf-8").count("expect(") < 5] == []
    assert len(SCRIPTS) >= 14
