"""Tests of the HTTP API: its routes, its functions, its queues."""
