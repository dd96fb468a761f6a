"""The CDK stacks: Data, Training, Serving, Api and Monitoring."""
