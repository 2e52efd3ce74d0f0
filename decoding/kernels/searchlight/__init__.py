"""Scores of every sphere, and their null."""
