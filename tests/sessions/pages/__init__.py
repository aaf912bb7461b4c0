"""How handouts use their paper, counted in the finished files."""
