"""Passes over an ONNX graph: each changes one thing about it and keeps its answers."""
