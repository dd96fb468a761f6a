"""What the model servers, their settings and the kernels below them take, beside named peers."""
