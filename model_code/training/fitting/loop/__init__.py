"""The parts of the training loop: batches, loss, callbacks, and which epoch is kept."""
