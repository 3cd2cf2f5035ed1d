"""What the tests of escapes by paths share."""

import pytest

from horus_runtime.planning.overlay import Overlay


@pytest.fixture
def overlay():
    made = Overlay()
    yield made
    made.end()
