"""What a person's approval in the registry leads to, and which approvals have been acted on."""
