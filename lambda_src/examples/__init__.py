"""POST /v1/examples: labelled texts, kept for a later training."""
