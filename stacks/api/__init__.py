"""The HTTP API: a construct for each group of its routes, the check of API keys, and the log's queues."""
