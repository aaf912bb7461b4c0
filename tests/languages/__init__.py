"""Tests of `pipeline.languages`."""
