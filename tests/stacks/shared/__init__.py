"""Tests of permissions and roles, and of the images."""
