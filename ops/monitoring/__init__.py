"""The state of a deployed environment, and items that wait for an operator."""
