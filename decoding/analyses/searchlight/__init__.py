"""Decode in a sphere around every voxel."""
