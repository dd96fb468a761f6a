"""Promotion of a model: the approved-model parameter and an update of the Serving stack that reads it."""
