"""`rubric batch`: many texts at once, answered by a transform job on the deployed model."""
