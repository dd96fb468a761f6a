"""Promotions and rejections of models: their scenarios, runs and invariants."""
