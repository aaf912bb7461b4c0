"""Printing published handouts: print packs, and the printers of this machine."""
