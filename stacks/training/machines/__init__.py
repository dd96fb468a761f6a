"""State machines in the Amazon States Language, as plain dictionaries that tests can read without the CDK."""
