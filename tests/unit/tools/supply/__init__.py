"""Tests of the bills of materials and their check."""
