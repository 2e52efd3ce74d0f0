"""What the page pairs shows."""
