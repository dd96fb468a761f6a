"""Refuse an identity-based policy with characters that IAM does not take.

MiniStack checks a policy's structure only. IAM user guide, "IAM and AWS STS quotas" (names): a policy document has tab,
line feed, carriage return and U+0020 to U+00FF; botocore's policyDocumentType has the pattern. That of a role's own
property `Policies` is not checked.
"""

import json
import re
from typing import Any

from local_aws import private_api

_VALIDATE = private_api.declare(
    "ministack.core.iam_evaluator",
    "validate_policy_document",
    "refuse a policy with characters that IAM does not take",
    takes=("doc",),
)
_REFUSED = re.compile(r"[^\t\n\r\u0020-\u00ff]")
_PATTERN = r"[\u0009\u000A\u000D\u0020-\u00FF]+"


def install() -> None:
    """Wrap the check of each policy."""
    validate = _VALIDATE.get()
    _VALIDATE.set(lambda doc: refusal(doc) or validate(doc))


def refusal(document: Any) -> str | None:
    """Return why IAM refuses a policy, as JSON or as CloudFormation has it, for its characters; None if it does not."""
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    if not _REFUSED.search(text):
        return None
    return (
        "1 validation error detected: Value at 'policyDocument' failed to satisfy constraint: Member must satisfy "
        f"regular expression pattern: {_PATTERN}"
    )
