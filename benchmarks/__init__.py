"""Each row of the performance table beside what a user would pick instead, in one run."""
