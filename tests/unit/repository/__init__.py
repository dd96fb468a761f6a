"""Tests of the whole repository: its imports, its Makefile, its workflows."""
