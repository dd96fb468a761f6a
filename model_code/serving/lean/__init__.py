"""The lean container's server behind its entry point: HTTP, batches of concurrent requests, limits, log and metrics."""
