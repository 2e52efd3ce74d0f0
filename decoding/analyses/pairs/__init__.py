"""Which categories look alike: every pair decoded, all at once, and the distances between them."""
