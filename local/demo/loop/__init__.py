"""`make demo-loop`: the world moves, and the deployed system finds it, learns and serves a better model."""
