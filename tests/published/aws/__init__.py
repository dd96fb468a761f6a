"""What AWS publishes: resource schemas, service models, the permission reference and the forms of ARNs."""
