"""The session `printing`: `publish print` against CUPS and its PDF printer."""
