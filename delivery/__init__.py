"""Delivery into an account: a CDK app of its own, with the roles that a repository's workflows take there."""
