"""What the functions of the API share: an event's parts, the contract, problems, idempotency."""
