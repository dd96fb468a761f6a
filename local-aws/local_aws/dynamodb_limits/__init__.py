"""DynamoDB's own limits on requests, which neither MiniStack nor moto checks."""
