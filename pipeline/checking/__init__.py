"""Checking: what an editor would say of an article before it is published, and of all articles together."""
