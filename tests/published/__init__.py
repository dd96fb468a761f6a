"""What AWS publishes (schemas, service models, the permission reference) held against what this project synthesises."""
