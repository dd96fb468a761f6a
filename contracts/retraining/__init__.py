"""When a model is trained again, and what was decided about it."""
