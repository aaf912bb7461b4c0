"""Sending newsletters: subscriber lists, outbox, mail transport, sign-up and unsubscribe pages."""
