"""Inference Recommender: Default jobs, which load a model with sample requests and tell what they measured."""
