"""Code that the API's functions share: an event's parts, the contract, problems, idempotency."""
