"""The command line: `horus run`, `eval`, `check`, `job ...`, `keys ...`.

`main` is what the `horus` program calls. Nothing heavy is imported here or on the way to `horus run FILE`.
"""
