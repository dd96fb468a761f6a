"""Custom resource: what CloudFormation cannot do in a VPC."""
