"""What SageMaker does with the role that a job or a model names, and how it fails where the role may not.

The sentences are AWS's own where they are public; each has its source beside it. "Execution roles" below is the
SageMaker developer guide's page "How to use SageMaker AI execution roles" (sagemaker-roles).
"""

from local_aws.sagemaker.access.roles import ExecutionRoles, MiniStackRoles

__all__ = ["ExecutionRoles", "MiniStackRoles"]
