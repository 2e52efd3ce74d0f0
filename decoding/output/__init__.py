"""What people take away: figures, brain views, scripts."""
