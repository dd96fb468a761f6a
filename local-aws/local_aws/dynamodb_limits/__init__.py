"""What DynamoDB refuses of a request by its own limits, which neither MiniStack nor moto looks at."""
