"""Charts as SVG, and the parts that they are made of."""
