"""The linear model: fitting and cross-fitting."""
