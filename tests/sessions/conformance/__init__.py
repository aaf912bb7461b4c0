"""The session `conformance`: every handout, in every variant, before every judge."""
