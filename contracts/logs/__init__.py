"""The request log's items and messages, and the log groups."""
