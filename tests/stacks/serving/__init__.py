"""Tests of the endpoint and its image."""
