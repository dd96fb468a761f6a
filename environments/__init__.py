"""One YAML file per environment, and the code that reads and checks them. Nothing here imports the CDK."""
