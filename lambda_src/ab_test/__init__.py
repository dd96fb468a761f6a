"""Tests whether a new model (the challenger) is better than the one that serves (the champion)."""
