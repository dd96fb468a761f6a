"""Erasing people's texts from everything that an environment stores."""
