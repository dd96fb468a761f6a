"""The synthesised combinations of settings, and their templates' policies and state machines."""
