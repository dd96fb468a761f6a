"""The text of the secret with the server's URI."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.common import aws
from lambda_src.common.features.store import StoreError, StoreUnavailableError


def text(name: str) -> str:
    """The text of a secret; raises StoreError, in a sentence, if it has none or may not be read."""
    try:
        answer = aws.client("secretsmanager").get_secret_value(SecretId=name)
    except ClientError as error:
        if aws.error_code(error) == "ResourceNotFoundException":
            raise StoreError(
                f"There is no secret {name} with a value: make it, with the MongoDB URI as its text."
            ) from None
        raise StoreError(f"The secret {name} cannot be read: {error}") from error
    except BotoCoreError as error:
        raise StoreUnavailableError(f"Secrets Manager did not answer: {error}") from error
    if "SecretString" not in answer:
        raise StoreError(f"The secret {name} holds bytes, not text: set its text to the MongoDB URI.")
    return str(answer["SecretString"])
