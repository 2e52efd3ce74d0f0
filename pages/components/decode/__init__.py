"""What the page decode shows."""
