"""The model, its tokenizer, and training it on one process or many."""
