"""What has changed, who works, and how files come whole to their place."""
