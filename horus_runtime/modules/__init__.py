"""Functions that scripts can call: the standard library, the system modules, the model store."""
