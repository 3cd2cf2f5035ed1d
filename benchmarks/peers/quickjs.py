"""QuickJS: `NAME.js` defines `run()`, which answers the result as JSON text. No time limit is set."""

import json

from harness.driver import Absent, Driver, Prepared
from harness.workload import Workload

label = "QuickJS"


def start() -> Driver:
    try:
        from quickjs import Context
    except ImportError:
        raise Absent("pip install quickjs") from None

    def prepare(workload: Workload) -> Prepared:
        context = Context()
        context.eval(workload.other_text(".js"))
        run = context.get("run")
        return Prepared(lambda: json.loads(run()), one_number_type=True)

    return prepare
