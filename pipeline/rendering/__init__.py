"""What all writers share: blocks to markup and text, templates, words, fonts, picture sizes."""
