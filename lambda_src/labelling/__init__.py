"""GET /v1/queue, GET and POST /v1/labels: people label texts of the request log."""
