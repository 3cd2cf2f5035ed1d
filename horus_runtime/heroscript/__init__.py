"""Heroscript: segments, parameters, playbook, actions."""
