"""`make acceptance`: a whole life of an environment under a throw-away name, and what is left of it afterwards."""
