"""Decides whether a model is trained again, and starts the run."""
