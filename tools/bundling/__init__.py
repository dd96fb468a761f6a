"""Builds the assets that the CDK application uploads, reproducibly to the byte."""
