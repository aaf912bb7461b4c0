"""Publish Markdown articles as printed handouts, e-books and newsletters."""

__version__ = "0.2.0"
SOURCE = "https://github.com/OWNER/clinic-publish"
"""Address of the source, which the pages of the service offer (AGPL, section 13): a changed copy names its own."""
