"""Custom resource: removes, with its stack, what AWS or the pipeline made on our behalf."""
