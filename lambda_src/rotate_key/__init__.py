"""Rotates the key that signs cursors, as Secrets Manager asks it to."""
