"""What the page Choices shows."""
