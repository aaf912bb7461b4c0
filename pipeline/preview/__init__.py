"""The preview server: handout, EPUB and newsletter of every article in a browser on this machine, updated on save."""
