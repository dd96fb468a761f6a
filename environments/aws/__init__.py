"""Facts about AWS in YAML, each with its source, and what they say of a region, an instance type or an image."""
