"""Pictures: image files in sizes, and drawings (SVG)."""
