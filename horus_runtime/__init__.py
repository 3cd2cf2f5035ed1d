"""horus_runtime: Rhai-compatible scripts and Heroscript payloads, embedded in Python."""
