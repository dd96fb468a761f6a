"""Sets up what Rubric runs on: its virtual environments and the CDK CLI, all inside the clone."""
