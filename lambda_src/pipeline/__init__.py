"""From a dataset to the model that serves: what the state machines call."""
