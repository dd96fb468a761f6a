"""`make acceptance`: an environment's whole life under a throw-away name, and a count of its leftovers."""
