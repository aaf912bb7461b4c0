"""Picture files that writers use: probe, verify, resize, SVG."""
