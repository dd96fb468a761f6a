"""One budget for what is started: training, retraining, batches, load tests."""
