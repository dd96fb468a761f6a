"""Custom resource: an update whose rollout SageMaker took back fails, as an update should."""
