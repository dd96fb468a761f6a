"""The API: its keys and their scopes, limits, and what an answer lists."""
