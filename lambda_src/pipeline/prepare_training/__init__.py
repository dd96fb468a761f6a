"""The training pipeline's first step: checks that a dataset exists and returns the training job's input."""
