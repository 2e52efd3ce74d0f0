"""What the page home shows."""
