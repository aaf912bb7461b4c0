"""Newsletters before foreign judges: validators, client data, a browser in every dress, a spam filter, and MJML."""
