"""What writes, reads and exports features must agree on: their registry, events, layout, and what was known when."""
