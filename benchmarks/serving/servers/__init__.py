"""The model servers that are compared: their model, and how each is started, loaded and monitored."""
