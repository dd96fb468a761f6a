"""What a training job takes and leaves: hyperparameters, progress, artifact, evaluation and baseline."""
