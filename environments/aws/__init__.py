"""Facts about AWS's regions, instance types and images, in YAML with their sources, and functions that read them."""
