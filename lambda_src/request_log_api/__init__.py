"""The request log for those who called: requests, feedback on them, statistics."""
