"""What the page group shows."""
