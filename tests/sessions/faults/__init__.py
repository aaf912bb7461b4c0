"""Faults laid into real runs: kills, a full disk, read-only outputs, dying workers, links, a damaged cache."""
