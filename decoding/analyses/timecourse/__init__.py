"""When the information is there."""
