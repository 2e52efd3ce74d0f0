"""What the page your_data shows."""
