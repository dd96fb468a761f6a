"""Looks for drift: counts the request log, compares it with the model's reference, and reports."""
