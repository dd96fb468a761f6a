"""The command line: starting, stopping and asking a local AWS, without importing MiniStack."""
