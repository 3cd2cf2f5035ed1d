"""The facade hosts use."""
