"""Custom resources: what CloudFormation calls when a stack is created, updated or deleted."""
