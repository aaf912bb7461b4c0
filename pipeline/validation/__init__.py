"""Judges of finished bytes: PDF, EPUB, mail."""
