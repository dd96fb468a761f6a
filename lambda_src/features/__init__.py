"""Computes features from the request log and the labels, and reads and erases them for those who may not themselves."""
