"""Interactive brain views."""
