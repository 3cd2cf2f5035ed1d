"""The operators of the language, for all that makes programs up."""

COMPUTING = ("+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^")
COMPARING = ("==", "!=", "<", "<=", ">", ">=")
LOGICAL = ("&&", "||")
SEARCHING = ("in", "!in")
ASSIGNING = ("+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^=")
ON_NUMBERS = ("+", "-", "*", "+", "-", "/", "%", "&", "|", "^", "<<", ">>", "**")
"""What computes with integers, the usual more often."""
