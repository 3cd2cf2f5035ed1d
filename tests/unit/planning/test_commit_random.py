"""Whatever was done to an overlay, the commit makes exactly that real, or leaves everything as it was."""

import os
import random

import pytest

import horus_runtime as hr
from horus_runtime.planning.changes import changes_of
from horus_runtime.planning.commit import commit
from horus_runtime.planning.overlay import Overlay
from horus_runtime.planning.recovery import recover
from tests.support.snapshots import predicted, snapshot
from tests.unit.planning.test_overlay import make, step, tree


@pytest.fixture(autouse=True)
def disk_at_once(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def overlay():
    made = Overlay()
    yield made
    made.end()


@pytest.mark.parametrize("seed", range(40))
def test_the_commit_makes_real_what_the_overlay_shows(tmp_path, overlay, seed):
    top = tmp_path / "top"
    top.mkdir()
    make(top)
    before, rng = snapshot(top), random.Random(seed)
    for _ in range(50):
        step(overlay, str(top), rng)
    shown = tree(overlay, str(top))
    policy = hr.Policy(read=(str(top),), write=(str(top),))

    names = []

    def fail(name):
        names.append(name)
        if len(names) == 10 + seed % 30 and not name.startswith("link"):
            raise OSError(5, "broken")

    try:
        commit(overlay, policy, tmp_path / "state", crash=fail)
    except hr.HostFailure:
        assert snapshot(top, times=False) == {name: facts[:3] for name, facts in before.items()}
        commit(overlay, policy, tmp_path / "state")
    recover(tmp_path / "state")  # an error in cleaning up leaves that to it
    assert tree(os, str(top)) == shown
    assert list(top.glob("**/.horus*")) == []


@pytest.mark.parametrize("seed", range(150, 190))
def test_the_plan_foretells_the_commit(tmp_path, overlay, seed):
    top = tmp_path / "top"
    top.mkdir()
    make(top)
    before, rng = snapshot(top), random.Random(seed)
    for _ in range(rng.choice([3, 10, 40])):
        step(overlay, str(top), rng)
    changes = [change.to_dict() for change in changes_of(overlay)]
    commit(overlay, hr.Policy(read=(str(top),), write=(str(top),)), tmp_path / "state")
    assert predicted(before, changes, top) == snapshot(top, times=False)
