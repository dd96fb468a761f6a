"""What runs a model, behind one interface: README.md says which engine there is for what."""
