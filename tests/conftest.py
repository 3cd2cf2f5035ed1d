"""Settings of the whole test suite: Hypothesis profiles and the option that rewrites golden files."""

import os

import pytest
from hypothesis import HealthCheck, settings

# A deadline per example measures the machine, not the code. In CI the examples are the same in every run, so that a
# red build can be repeated; `HYPOTHESIS_PROFILE=long` searches further.
settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=5_000, suppress_health_check=[HealthCheck.too_slow])
# Tests see what is compiled now, and leave nothing in the user's cache.
os.environ["HORUS_CACHE"] = "off"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the expected files in tests/golden with what the code produces now (same as `make goldens`)",
    )


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty working directory, with a home of its own beside it."""
    folder = tmp_path / "root"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HORUS_HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update-golden"))
