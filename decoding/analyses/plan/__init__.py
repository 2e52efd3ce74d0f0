"""Before you scan: how small p can get, and how often the exact test finds what is there."""
