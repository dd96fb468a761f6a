"""Builds the assets that the CDK application uploads, byte for byte the same each time."""
