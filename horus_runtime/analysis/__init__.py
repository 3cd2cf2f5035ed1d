"""What is known about a tree before it is compiled: scopes, captures, types."""
