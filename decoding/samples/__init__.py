"""A subject and a spec in, a matrix of samples out."""
