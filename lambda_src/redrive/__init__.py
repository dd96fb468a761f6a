"""Puts request-log items that DynamoDB did not take back into the table, from the dead-letter queue."""
