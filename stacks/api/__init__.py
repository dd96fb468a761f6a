"""The HTTP API: a construct for each group of routes, the check of API keys, and the queues of the request log."""
