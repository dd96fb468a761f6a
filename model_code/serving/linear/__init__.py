"""The linear model: weighted words and characters of a text, by numpy and the standard library."""
