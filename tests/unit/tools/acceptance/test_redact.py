"""Tests the removal of secrets and personal details from a report."""

import json
from pathlib import Path

import pytest

from tools.acceptance import redact

SECRETS = {
    "an account 123456789012 and arn:aws:iam::123456789012:role/x": "123456789012",
    "key rk_abcdefghij_" + "A1" * 23: "A1A1",
    "AKIAIOSFODNN7EXAMPLE signs": "AKIAIOS",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG": "wJalr",
    "mail to jane.doe@example.com": "jane.doe",
    f"in {Path.home()}/work": f"{Path.home()}/",
}


@pytest.mark.parametrize(("message", "secret"), SECRETS.items())
def test_a_report_names_no_account_key_or_person(message: str, secret: str) -> None:
    cleaned = redact.value({message: [message, {"x": (message, 1)}]})
    assert secret not in json.dumps(cleaned, ensure_ascii=False)


def test_redacting_keeps_the_rest() -> None:
    assert redact.text("rubric-acc0k3x9a-20261129-101500-3fa9 took 1,234 ms") == (
        "rubric-acc0k3x9a-20261129-101500-3fa9 took 1,234 ms"
    )
