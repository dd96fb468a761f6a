"""Backends, which classify texts: the endpoint, Bedrock, the endpoint with Bedrock as fallback, and a cache."""
