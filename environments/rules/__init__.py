"""Rules about combinations of settings: errors and warnings."""
