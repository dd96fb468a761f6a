"""Tests of the function that computes features."""
