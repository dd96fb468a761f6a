"""From the trained model to the calibrated ONNX file that serves, and the weights for our own kernels."""
