"""A/B tests of a new model against the one that serves, as an operator starts, watches and ends them."""
