"""One budget for what is started."""
