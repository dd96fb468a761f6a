"""The end of every run: stops, destroys and counts, whether or not the run succeeded."""
