"""The policies of VPC endpoints.

Source: PrivateLink user guide, "Control access to VPC endpoints using endpoint policies": a JSON policy whose
statements have an effect, a principal, actions and resources, of at most 20,480 characters, white space included. The
code is in the EC2 API reference, "Error codes"; which mistakes beyond wrong JSON it covers is not documented.
"""

import json
from typing import Any

from local_aws.patches.ec2.stores import Ec2Error

_LONGEST = 20_480
_VERSIONS = (None, "2008-10-17", "2012-10-17")
# Each statement has one of each pair.
_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))


def checked(document: Any) -> str | None:
    """Return a policy as text, None where there is none. document: text, or a template's object. Raises Ec2Error."""
    if document in (None, "", {}):
        return None
    text = document if isinstance(document, str) else json.dumps(document)
    if len(text) > _LONGEST:
        raise Ec2Error("InvalidPolicyDocument", f"The policy document exceeds {_LONGEST} characters.")
    try:
        policy = json.loads(text)
    except ValueError:
        raise _malformed("it is not JSON") from None
    _check(policy)
    return text


def _check(policy: Any) -> None:
    if not isinstance(policy, dict) or policy.get("Version") not in _VERSIONS:
        raise _malformed("it is not a policy of a known version")
    statements = policy.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        raise _malformed("it has no statement")
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise _malformed("a statement has no effect")
        for pair in _PAIRS:
            if sum(bool(statement.get(name)) for name in pair) != 1:
                raise _malformed(f"a statement needs either {' or '.join(pair)}")


def _malformed(why: str) -> Ec2Error:
    return Ec2Error("InvalidPolicyDocument", f"The policy document is not valid: {why}.")
