"""The encoder in our own int8 kernels (``../kernels/``), for processors with AMX (decision 38)."""
