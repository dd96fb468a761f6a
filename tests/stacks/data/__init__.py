"""Tests of what outlives a deployment."""
