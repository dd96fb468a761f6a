"""Constructs and permissions that several components use."""
