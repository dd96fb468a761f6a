"""Benchmarks of the model servers, their settings and the kernels, compared with named peers."""
