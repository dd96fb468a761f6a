"""How good the model is, beside others, and what it cost."""
