"""What AWS documents that each role needs for what it runs, worked out from the templates themselves."""
