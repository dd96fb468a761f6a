"""The linear model as it is served and fitted."""
