"""The request log's routes: requests, feedback on them, statistics."""
