"""`make acceptance`: the whole life of an environment under a throw-away name, and a count of what is left."""
