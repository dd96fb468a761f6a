"""The model server: texts in, label probabilities out."""
