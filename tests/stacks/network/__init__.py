"""Tests of the Network and Endpoints stacks."""
