"""From tree to Python code objects."""
