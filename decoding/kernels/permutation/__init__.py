"""Held-out predictions under many relabellings."""
