"""A store with a clock and ids that are the same in every run."""

import itertools
from pathlib import Path

import pytest

from horus_runtime.modules.osiris import Store


@pytest.fixture
def store(tmp_path: Path):
    ticks, ids = itertools.count(1), itertools.count(1)
    with Store(
        tmp_path / "test.db",
        clock=lambda: f"2024-01-01T00:00:{next(ticks) % 60:02}.000000Z",
        new_id=lambda: f"id-{next(ids):04}",
    ) as opened:
        yield opened


@pytest.fixture
def users(store):
    return store.model("users")
