"""Labelled texts that come in, and the dataset versions that are made of them."""
