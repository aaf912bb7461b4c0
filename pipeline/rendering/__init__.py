"""What writers share: markup, plain text, templates, words, fonts, PDF layout."""
