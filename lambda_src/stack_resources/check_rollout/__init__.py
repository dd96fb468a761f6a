"""Custom resource: fails a stack's update if SageMaker took its rollout back."""
