"""State machines in the Amazon States Language, as plain dictionaries: no CDK, so that a test can read them."""
