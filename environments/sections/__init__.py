"""The types and ranges of all settings: a module for each section of an environment file."""
