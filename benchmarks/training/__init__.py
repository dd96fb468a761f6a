"""Benchmarks of training: speed, accuracy and data preparation, compared with named peers."""
