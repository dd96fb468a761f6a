"""What has happened in an environment, in the order in which it did, and who or what caused it."""
