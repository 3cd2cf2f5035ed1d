"""pydantic-monty: the Python twin itself, in a session of that interpreter's worker process.

A run is one message to the worker, which costs some 0.2 ms.
"""

from harness.driver import Absent, Driver, Prepared, Unsupported
from harness.workload import Workload

label = "Monty"


def start() -> Driver:
    try:
        from pydantic_monty import Monty, MontyError
    except ImportError:
        raise Absent("pip install pydantic-monty") from None
    pool = Monty()
    pool.__enter__()

    def prepare(workload: Workload) -> Prepared:
        session = pool.checkout()
        session.__enter__()
        try:
            session.feed_run(workload.other_text(".py"))
            session.feed_run("run()")
        except MontyError as error:
            raise Unsupported(f"refused: {error}".partition("\n")[0]) from None
        return Prepared(lambda: session.feed_run("run()"))

    return prepare
