"""One run: its sources, what is rendered of them, and what it leaves."""
