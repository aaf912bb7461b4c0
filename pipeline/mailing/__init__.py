"""Newsletters on their way to readers: the list, the outbox, the mail server, and the way out."""
