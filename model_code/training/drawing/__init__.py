"""Charts as SVG, and their building blocks."""
