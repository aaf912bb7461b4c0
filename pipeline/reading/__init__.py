"""From a Markdown file, messy as real sites keep them, to an `Article` and what was found on the way."""
