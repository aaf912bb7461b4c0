"""Readers of what others write, given what no one would write: by Hypothesis, and by atheris where it is installed."""
