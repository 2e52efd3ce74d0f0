"""What the page searchlight shows."""
