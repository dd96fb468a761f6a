"""What serving a model needs several parts to agree on."""
