"""The syntax tree of scripts: nodes, visitors, printers."""
