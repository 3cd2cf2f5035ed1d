"""Rhai's standard packages."""
