"""The types and ranges of every setting: a module for each section of an environment file."""
