"""What else could tell the categories apart: the same decoding of what should not decode."""
