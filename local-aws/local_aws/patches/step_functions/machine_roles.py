"""Assume a state machine's role as Step Functions."""

import hashlib

from local_aws import iam, private_api

_REGION = private_api.declare("ministack.core.responses", "get_region", "know the region of a state machine", takes=())


def assume(role_arn: str, *, machine_arn: str) -> iam.Role:
    """Assume the role. Raises iam.RoleNotAssumableError."""
    # Step Functions gives its session a name of 32 letters.
    session = hashlib.md5(machine_arn.encode(), usedforsecurity=False).hexdigest()
    services = ("states.amazonaws.com", f"states.{_REGION.get()()}.amazonaws.com")
    return iam.assume(role_arn, services=services, source_arn=machine_arn, session=session)
