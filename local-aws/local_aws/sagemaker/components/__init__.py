"""Inference components: models with copies of their own on an endpoint, down to none."""
