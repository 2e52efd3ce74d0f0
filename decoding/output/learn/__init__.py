"""What the page Learn teaches: the steps of the introduction, and the traps."""
