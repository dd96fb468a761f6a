"""Inference Recommender: Default jobs, which load a model with sample requests and report the measurements."""
