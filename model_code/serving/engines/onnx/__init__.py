"""The model by ONNX Runtime, on any processor."""
