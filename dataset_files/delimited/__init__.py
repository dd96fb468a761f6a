"""Delimited text: its encoding, its layout and its records."""
