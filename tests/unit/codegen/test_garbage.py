"""What the compiler leaves behind for the collector of cyclic garbage."""

import ast
import gc

import pytest

import horus_runtime as hr

SCRIPT = """
fn area(shape) { shape.width * shape.height }
fn total(shapes) {
    let sum = 0;
    let scaled = |n| n * 2;
    for shape in shapes { sum += area(shape); sum += scaled.call(sum); }
    sum
}
let shapes = [#{ width: 1, height: 2 }];
for n in 0..3 { total(shapes); }
"""


@pytest.fixture
def garbage():
    """What the collector finds, kept instead of freed."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


def test_the_emitted_tree_is_no_garbage(garbage):
    """It is large: a search for it takes longer than a tenth of the compiler's time."""
    engine = hr.Engine()
    engine.cache = False
    engine.program(engine.compile(SCRIPT), hr.Scope())
    gc.collect()
    assert [found for found in garbage if isinstance(found, ast.AST)] == []
