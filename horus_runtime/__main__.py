"""`python -m horus_runtime` is the `horus` program."""

import sys

from horus_runtime.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
