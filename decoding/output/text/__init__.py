"""How numbers and shared sentences read."""
