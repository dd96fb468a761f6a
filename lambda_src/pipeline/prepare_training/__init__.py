"""The training pipeline's first step: makes sure that a dataset is there and says what the training job gets."""
