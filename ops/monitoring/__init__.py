"""How a deployed environment is, and what waits for an operator."""
