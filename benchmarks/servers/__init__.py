"""The model servers that benchmarks/serving.py compares: what they serve, how each is started, asked and watched."""
