"""What operators have erased: functions check it before they store a text again. `rubric erase` writes the table.

An item is `{erased_id, erased_at, expires_at}` and holds ids and hashes, no text. erased_at is UTC with milliseconds,
as in the request log; the erasure does not cover later texts. tests/contract/test_erased.py checks that both sides
agree.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from typing import Any

from lambda_src.common import storage
from lambda_src.common.problems import Problem

LONGEST_ID = 2048  # bytes that DynamoDB takes as a partition key
_KEYS = 100  # BatchGetItem's limit
_PAUSES = (0.05, 0.2, 0.5)


def of_key(key_id: str) -> str:
    """The id under which a caller's texts are erased."""
    return f"key#{key_id}"


def of_request(request_id: str) -> str:
    """The id under which a request's texts are erased."""
    return f"request#{request_id}"


def of_text(sha256: str) -> str:
    """The id under which a text is erased; sha256: in hex, of the text's UTF-8 bytes."""
    return f"text#{sha256}"


def of_example(text_id: str) -> str:
    """The id under which a text is erased in all its spellings; text_id: `text_normalization.text_id`."""
    return f"example#{text_id}"


class Erased:
    """The table called `table`. Raises botocore's errors, and Problem 503 while the table is too busy."""

    def __init__(self, dynamodb: Any, *, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def among(self, ids: Iterable[str]) -> dict[str, str]:
        """The ids that were erased, each with its time."""
        wanted = sorted(set(ids))
        erased: dict[str, str] = {}
        for start in range(0, len(wanted), _KEYS):
            erased |= self._read(wanted[start : start + _KEYS])
        return erased

    def _read(self, ids: list[str]) -> dict[str, str]:
        keys = [{"erased_id": {"S": one}} for one in ids]
        erased: dict[str, str] = {}
        for pause in (0.0, *_PAUSES):
            time.sleep(pause)
            answer = self._dynamodb.batch_get_item(
                RequestItems={
                    self._table: {
                        "Keys": keys,
                        "ConsistentRead": True,
                        "ProjectionExpression": "erased_id, erased_at, expires_at",
                    }
                }
            )
            for item in answer["Responses"].get(self._table, []):
                if int(item["expires_at"]["N"]) > time.time():
                    erased[item["erased_id"]["S"]] = item["erased_at"]["S"]
            keys = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            if not keys:
                return erased
        raise Problem("storage-unavailable", "The API's storage is busy. Try again.", headers={"retry-after": "2"})


class ErasedTexts:
    """Texts in the table called `table`. Raises Problem 503 if DynamoDB does not answer: then nothing is stored."""

    def __init__(self, dynamodb: Any, *, table: str, logger: Any) -> None:
        self._known = Erased(dynamodb, table=table)
        self._logger = logger

    def among(self, texts: Mapping[str, str]) -> frozenset[str]:
        """The texts that were erased, for any caller: in this spelling or in any other.

        texts: each with its `text_normalization.text_id`.
        """
        ids = {text: {of_example(text_id), of_text(_sha256(text))} for text, text_id in texts.items()}
        with storage.failures(self._logger, doing="read what was erased"):
            erased_ids = self._known.among(one for both in ids.values() for one in both).keys()
        return frozenset(text for text, both in ids.items() if both & erased_ids)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
