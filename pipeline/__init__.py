"""Publish Markdown articles as printed handouts, e-books and newsletters."""

__version__ = "0.1.0"
