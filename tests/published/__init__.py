"""Checks what this project synthesises against what AWS publishes: schemas, service models, permission reference."""
