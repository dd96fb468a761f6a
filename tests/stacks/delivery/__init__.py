"""The delivery app's stack."""
