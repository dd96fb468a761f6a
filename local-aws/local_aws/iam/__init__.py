"""AWS policy evaluation for the roles that services assume: may a role do what a service does on its behalf?

Sources: IAM User Guide "Policy evaluation logic", "IAM JSON policy elements: Condition operators", "Troubleshoot access
denied error messages"; KMS Developer Guide "Default key policy". A caller without a role counts as an administrator
here and is not evaluated at all.
"""

from local_aws.iam.access import AccessDeniedError, Role
from local_aws.iam.policies import Decision, Request, decide
from local_aws.iam.roles import RoleNotAssumableError, assume

__all__ = ["AccessDeniedError", "Decision", "Request", "Role", "RoleNotAssumableError", "assume", "decide"]
