"""The model servers that are compared: what they serve, how each is started, asked and watched."""
