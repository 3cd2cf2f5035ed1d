"""The published Rhai engine running byte code instead of walking its tree; the binary is that of `peers/rhai`."""

from importlib import util
from pathlib import Path

from harness.driver import Driver

label = "Grain"


def start() -> Driver:
    spec = util.spec_from_file_location("rhai_driver", Path(__file__).parent / "rhai" / "driver.py")
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.start("--grain")
