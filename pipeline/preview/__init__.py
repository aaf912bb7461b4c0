"""The proofing desk: paper, book and mail of every article in the browser of this machine, kept up to date."""
