"""The challenger of an A/B test: its stack, its role, and who may change the stack."""
