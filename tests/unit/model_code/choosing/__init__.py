"""The choice of the model that serves."""
