"""Writes AWS's published facts to environments/aws/."""
