"""State machines in the Amazon States Language, as plain dictionaries: without the CDK, tests can read them."""
