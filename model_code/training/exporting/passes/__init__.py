"""Passes over an ONNX graph: each changes one thing and keeps the answers."""
