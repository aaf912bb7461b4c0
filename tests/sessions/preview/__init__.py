"""The proofing desk in a real browser: accessibility of every view, what an edit does, how long it takes."""
