"""Before anything is created: where, under which name, at what price, for how long, and whether a person agrees."""
