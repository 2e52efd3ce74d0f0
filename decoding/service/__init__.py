"""Background work of a server: knows callables, keys and progress only."""
