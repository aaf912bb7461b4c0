"""Publish Markdown articles as printed handouts, e-books and newsletters."""

__version__ = "0.2.0"
