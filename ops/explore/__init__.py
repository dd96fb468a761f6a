"""Exploring a dataset before anything is deployed."""
