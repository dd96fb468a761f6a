"""The network: a VPC without a way out, its endpoints, and its flow logs."""
