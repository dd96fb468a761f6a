"""Runs functions concurrently, and repeats a run with each possible deviation."""
