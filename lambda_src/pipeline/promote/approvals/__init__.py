"""Acts on approvals in the registry, and records which have been acted on."""
