"""What in the account differs from the templates: CloudFormation's drift detection, and what it cannot see."""
