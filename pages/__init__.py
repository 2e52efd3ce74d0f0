"""The dashboard's pages: each asks, shows and says; none of them computes."""
