"""Models: the registry, their promotions and their evaluations."""
