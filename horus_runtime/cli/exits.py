"""Exit codes of the command line."""

from horus_runtime.typing_names import Final

OK: Final = 0
SCRIPT_ERROR: Final = 1
USAGE: Final = 2
LIMIT: Final = 3
POLICY: Final = 4
INVALID_JOB: Final = 5
CHANGES: Final = 10
"""Of `horus plan --exit-code`: the payload would change something."""
UNFINISHED: Final = 11
"""An atomic run was interrupted while it committed: `horus recover` first."""
INTERNAL: Final = 70
TIMEOUT: Final = 124
CANCELLED: Final = 130
BROKEN_PIPE: Final = 141
"""What a shell reports for a program that a closed pipe ended: nothing went wrong, nobody listens any more."""
