"""Benchmarks: this program beside its peers, in turn, in one run; ratios count, since machines are never quiet."""
