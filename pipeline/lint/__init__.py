"""Lint rules for single articles and for all articles of a project, and the reports of their findings."""
