"""Parts of the delivery app that need no CDK."""
