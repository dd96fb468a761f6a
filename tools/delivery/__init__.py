"""The way of a change: one synth, whose cloud assembly is deployed to each environment, tested, rolled back on failure."""
