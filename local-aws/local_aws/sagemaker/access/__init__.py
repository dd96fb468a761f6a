"""How SageMaker uses the role of a job or model, and how it fails if the role lacks a permission.

The messages are AWS's own if they are public; each has its source next to it. "Execution roles" below refers to the
SageMaker developer guide's page "How to use SageMaker AI execution roles" (sagemaker-roles).
"""

from local_aws.sagemaker.access.roles import ExecutionRoles, MiniStackRoles

__all__ = ["ExecutionRoles", "MiniStackRoles"]
