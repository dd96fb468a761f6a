"""Sets up what Rubric runs on: three virtual environments and the CDK CLI, all inside the clone."""
