"""Columns of times, in the forms that other systems write."""
