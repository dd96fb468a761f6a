"""Where an environment is deployed: clients, stacks, and executions of its state machines."""
