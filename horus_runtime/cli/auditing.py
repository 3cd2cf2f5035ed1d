"""`--audit=FILE` and `--audit-only`: what a run asked of its policy, as log or as smallest policy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from horus_runtime.cli import exits
from horus_runtime.cli.execution import RunOptions, engine_for
from horus_runtime.cli.guard import exit_code_of
from horus_runtime.cli.sources import STDIN, Script, UsageError
from horus_runtime.errors import HorusError

if TYPE_CHECKING:
    from horus_runtime.engine import Engine
    from horus_runtime.modules.audit import Needs


def audited(script: Script, options: RunOptions, run: Callable[[Engine], int]) -> int:
    """Run with a service `audit`; the exit code is that of the run."""
    from horus_runtime.modules.audit import AuditLog, Needs

    engine = engine_for(options)
    if options.audit_only:
        needs = Needs()
        engine.services["audit"] = needs
        return _told(needs, lambda: run(engine), as_json=options.as_json)
    path = str(options.audit_file)
    if path == STDIN:
        engine.services["audit"] = AuditLog(sys.stderr)
        return run(engine)
    try:
        stream = open(path, "a", encoding="utf-8")  # noqa: PTH123, SIM115 - closed below
    except OSError as error:
        raise UsageError(f"cannot write the audit log '{path}': {(error.strerror or str(error)).lower()}") from None
    with stream:
        engine.services["audit"] = AuditLog(stream)
        return run(engine)


def _told(needs: Needs, run: Callable[[], int], *, as_json: bool) -> int:
    """Run, then say on standard error which rights were asked for, whether they were granted or not."""
    try:
        code = run()
    except HorusError as error:
        _show(needs, complete=False, as_json=as_json)
        if exit_code_of(error) != exits.POLICY:
            raise
        sys.stderr.write(f"\n{error.render('<eval>')}\n")
        return exits.POLICY
    _show(needs, complete=code == exits.OK, as_json=as_json)
    return code


def _show(needs: Needs, *, complete: bool, as_json: bool) -> None:
    from horus_runtime.modules.audit import as_flags, as_toml

    sys.stdout.flush()
    policy = needs.policy()
    if as_json:
        import json

        document: dict[str, Any] = {"complete": complete, "policy": policy.to_dict(), "flags": as_flags(policy)}
        sys.stderr.write(json.dumps(document) + "\n")
        return
    heading = "the run needs" if complete else "up to where it stopped, the run needs"
    flags = " ".join(map(_quoted, as_flags(policy)))
    granted = as_toml(policy) or "# no rights at all\n"
    sys.stderr.write(f"# {heading}\n{granted}")
    if flags:
        sys.stderr.write(f"# or on the command line: {flags}\n")


def _quoted(flag: str) -> str:
    import shlex

    return shlex.quote(flag)
