"""How fast, how well and from how much data training learns, beside named peers."""
