"""What answers a text: the endpoint, Bedrock, the one after the other, or a memory of their answers."""
