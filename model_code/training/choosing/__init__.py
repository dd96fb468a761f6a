"""Which model serves: the linear one, the encoder, or both together."""
