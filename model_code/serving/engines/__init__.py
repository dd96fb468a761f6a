"""What runs a model, behind one interface: docs/engines.md says which one runs when."""
