"""The feature store: one interface, kept in DynamoDB or in MongoDB."""
