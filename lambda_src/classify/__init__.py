"""POST /v1/classify: texts in, labels and probabilities out."""
