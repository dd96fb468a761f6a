"""Tests of permissions, roles and images."""
