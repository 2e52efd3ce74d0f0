"""What the page learn shows."""
