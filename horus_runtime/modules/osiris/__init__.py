"""The model store on SQLite."""
