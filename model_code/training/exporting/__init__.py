"""From the trained model to the calibrated ONNX file that serves."""
