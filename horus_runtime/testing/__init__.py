"""Tests written in the language: `fn test_...` in files called `*_test.rhai`, found, run apart and reported.

Input: paths. `discovery` finds files and cases, `running` runs them, `reports` tells what came of them. `horus test`
and the pytest plug-in are two ways in.
"""
