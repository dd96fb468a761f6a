"""The command line: starts, stops and queries a local AWS, without importing MiniStack."""
