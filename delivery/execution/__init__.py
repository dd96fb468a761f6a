"""What CloudFormation may do with an environment's stacks, worked out from their templates, and what bounds it."""
