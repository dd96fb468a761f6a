"""Tests the one-line error for each failure."""

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from ops.errors import UNREACHABLE, from_aws


@pytest.mark.parametrize(
    ("error", "words", "status"),
    [
        (NoCredentialsError(), "No AWS credentials found", UNREACHABLE),
        (ClientError({"Error": {"Code": "ExpiredToken", "Message": "old"}}, "X"), "session has expired", UNREACHABLE),
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Put"), "may not call Put: no", UNREACHABLE),
        (ClientError({"Error": {"Code": "Boom", "Message": "bad"}}, "Put"), "Put failed: bad (Boom)", 1),
    ],
)
def test_botocores_errors_become_one_line(error, words, status):
    friendly = from_aws(error)
    assert words in str(friendly) and "\n" not in str(friendly)
    assert friendly.status == status
