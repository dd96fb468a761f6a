"""The engines that run a model, behind one interface; docs/engines.md says which one is used when."""
