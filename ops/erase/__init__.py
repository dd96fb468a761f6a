"""Erasing people's texts from all that an environment stores."""
