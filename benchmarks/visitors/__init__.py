"""Who visits the app in a benchmark: what they look at, and how they ask without a browser."""
