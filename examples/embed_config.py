"""Configuration as a script: defaults, conditions and arithmetic, read into a checked model."""

from datetime import timedelta

from pydantic import BaseModel, Field

import horus_runtime as hr


class Database(BaseModel):
    url: str
    pool: int = Field(default=5, ge=1, le=100)


class Settings(BaseModel):
    verbose: bool = False
    workers: int
    timeout: timedelta
    databases: dict[str, Database]


CONFIG = """
let production = STAGE == "production";
#{
    verbose: !production,
    workers: if production { CPUS * 2 } else { 1 },
    timeout: 1.5 * 60.0,
    databases: #{
        main: #{ url: `postgres://${HOST}/main`, pool: if production { 40 } else { 2 } },
        logs: #{ url: `postgres://${HOST}/logs` },
    },
}
"""


def main() -> None:
    engine = hr.Engine()
    for stage in ("production", "test"):
        scope = hr.Scope(STAGE=stage, CPUS=4, HOST="db.internal")
        settings = engine.eval_as(Settings, CONFIG, scope=scope)
        print(stage, settings.workers, settings.timeout, settings.databases["main"].pool, settings.verbose)
    try:
        engine.eval_as(Settings, '#{ workers: 1, timeout: 5, databases: #{ main: #{ url: "x", pool: 0 } } }')
    except hr.EvalError as error:
        print(error.message)


if __name__ == "__main__":
    main()
