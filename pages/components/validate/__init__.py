"""What the page validate shows."""
