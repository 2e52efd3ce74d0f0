"""What the page timecourse shows."""
