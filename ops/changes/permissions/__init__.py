"""Permissions in templates, and which of them are wider than before."""
