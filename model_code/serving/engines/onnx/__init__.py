"""The engine of ONNX Runtime, for any processor."""
