"""From text to tree: grammar, lexer, builder, diagnostics."""
