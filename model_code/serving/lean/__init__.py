"""The lean container's server: HTTP, batches of concurrent requests, limits, log and metrics."""
