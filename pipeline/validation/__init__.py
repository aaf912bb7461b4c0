"""Validators of finished files: PDF, EPUB, mail."""
