"""The command line: start, stop and query a local AWS, without importing MiniStack."""
