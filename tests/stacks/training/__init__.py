"""Tests of the pipeline, promotion and the first model."""
