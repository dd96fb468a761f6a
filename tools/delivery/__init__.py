"""The way of a change: one synth, its assembly deployed to each environment, tested there, rolled back on failure."""
