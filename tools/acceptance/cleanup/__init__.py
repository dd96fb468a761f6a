"""The end of every run: what is stopped, destroyed and counted, whatever has happened before."""
