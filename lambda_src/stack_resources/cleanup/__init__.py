"""Custom resource: when its stack is deleted, removes what AWS or the pipeline created on our behalf."""
