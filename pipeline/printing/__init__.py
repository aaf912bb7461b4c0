"""From published handouts to paper: the pack for the copier, and the printers of this machine."""
