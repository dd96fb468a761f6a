"""One YAML file per environment, and the model that checks them. Nothing here imports the CDK."""
