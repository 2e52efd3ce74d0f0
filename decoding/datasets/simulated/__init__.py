"""Recordings made by us: a brain from the MNI template, a timeline, patterns and noise."""
