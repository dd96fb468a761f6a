"""The `Idempotency-Key` header: the first answer under a key is kept for a day and returned again to the same request.

Only successful answers are kept: after an error the same key may be tried again. When the table does not answer, the
request is answered as if it had no such header: on every route that takes it, a second run does no harm.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src.common import aws, dynamodb, storage
from lambda_src.common.api import http
from lambda_src.common.api.http import Event, Response
from lambda_src.common.problems import Problem

HEADER, REPLAYED = "idempotency-key", "idempotency-replayed"
KEPT_SECONDS = 24 * 3600
# Longer than any function runs: after it, the request that took the key has ended and another may start.
_OPEN_SECONDS = 60
_MOST_BYTES = 380_000  # under DynamoDB's 400 KB an item
_KEPT_HEADERS = ("content-type", "x-model-version", "x-backend", "x-cache", "x-variant")
_FORM = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Kept:
    """What the table has under an id: the digest of the request's body, its answer (None: not answered yet), and the
    id of the request that took it.
    """

    digest: str
    answer: dict[str, Any] | None
    request_id: str = ""


class Answers:
    """The table called `table`: an item for each key that is in use."""

    def __init__(self, dynamodb: Any, *, table: str, logger: Any) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._logger = logger

    def begin(self, answer_id: str, *, digest: str, origin: dict[str, str]) -> Kept | None:
        """Takes the id and returns None, or returns what is kept if the id is taken. None also when the table fails.

        origin: the caller's `key_id` and the `request_id`, by which operators find and erase what is kept.
        """
        now = int(time.time())
        item = {"answer_id": answer_id, "digest": digest, **origin, "open_until": now + _OPEN_SECONDS}
        item["expires_at"] = now + KEPT_SECONDS
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=dynamodb.item(item),
                ConditionExpression="attribute_not_exists(answer_id) OR expires_at < :now OR open_until < :now",
                ExpressionAttributeValues={":now": {"N": str(now)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if aws.error_code(error) == storage.CONDITION_FAILED:
                kept = _kept(error.response.get("Item", {}))
                # Our own: the response to a first try was lost, and botocore made another.
                return None if kept.answer is None and kept.request_id == origin["request_id"] else kept
            self._logger.exception("an idempotency key cannot be taken")
        except BotoCoreError:
            self._logger.exception("an idempotency key cannot be taken")
        return None

    def finish(self, answer_id: str, *, digest: str, origin: dict[str, str], response: Response) -> None:
        """Keeps the answer, with the digest and origin passed to `begin`, unless another request has the id. The id of
        an answer that is too large is freed.
        """
        body = zlib.compress(str(response["body"]).encode())
        if len(body) > _MOST_BYTES:
            self._logger.warning("an answer is too large to be kept", bytes=len(body))
            self.give_up(answer_id, origin=origin)
            return
        headers = {name: value for name, value in response["headers"].items() if name in _KEPT_HEADERS}
        item = {
            "answer_id": answer_id,
            "digest": digest,
            **origin,
            "status": response["statusCode"],
            "headers": headers,
            "body": body,
            "expires_at": int(time.time()) + KEPT_SECONDS,
        }
        with self._failures("an answer cannot be kept"):
            self._dynamodb.put_item(
                TableName=self._table,
                Item=dynamodb.item(item),
                ConditionExpression="attribute_not_exists(answer_id) OR request_id = :mine",
                ExpressionAttributeValues={":mine": {"S": origin["request_id"]}},
            )

    def give_up(self, answer_id: str, *, origin: dict[str, str]) -> None:
        """Frees the id for another try, unless another request has it."""
        with self._failures("an idempotency key cannot be freed"):
            self._dynamodb.delete_item(
                TableName=self._table,
                Key={"answer_id": {"S": answer_id}},
                ConditionExpression="request_id = :mine",
                ExpressionAttributeValues={":mine": {"S": origin["request_id"]}},
            )

    @contextmanager
    def _failures(self, doing: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            # Another request has the id: ours did not get it, because the table did not answer or took too long.
            if aws.error_code(error) != storage.CONDITION_FAILED:
                self._logger.exception(doing)
        except BotoCoreError:
            self._logger.exception(doing)


def _kept(item: dict[str, Any]) -> Kept:
    values = dynamodb.plain(item)
    if "body" not in values:
        return Kept(str(values.get("digest", "")), None, str(values.get("request_id", "")))
    body = zlib.decompress(bytes(values["body"])).decode()
    return Kept(str(values["digest"]), {"status": values["status"], "headers": values["headers"], "body": body})


def once(event: Event, work: Callable[[], Response], *, key_id: str, answers: Callable[[], Answers]) -> Response:
    """The response of `work`, or the kept answer if the caller already used its idempotency key for the same request.

    key_id: whose the idempotency key is. Raises Problem 409 or 422, and what `work` raises.
    """
    key = http.optional_header(event, HEADER)
    if key is None:
        return work()
    if not _FORM.fullmatch(key):
        raise Problem("invalid-input", f"The `{HEADER}` header takes 1 to 255 visible ASCII characters.")
    store = answers()
    route = " ".join(http.method_and_path(event))
    answer_id = hashlib.sha256("\0".join((key_id, route, key)).encode()).hexdigest()
    # Keyed: a plain digest would let others check which text was sent (data.request_log_text may be `drop`).
    digest = hmac.new(f"{key_id}\0{key}".encode(), http.body(event), hashlib.sha256).hexdigest()
    origin = {"key_id": key_id, "request_id": http.request_id(event)}
    kept = store.begin(answer_id, digest=digest, origin=origin)
    if kept is not None:
        return _replay(event, kept, digest=digest)
    try:
        response = work()
    except BaseException:
        store.give_up(answer_id, origin=origin)
        raise
    store.finish(answer_id, digest=digest, origin=origin, response=response)
    return response


def _replay(event: Event, kept: Kept, *, digest: str) -> Response:
    if kept.digest != digest:
        detail = "This idempotency key was already used with a different body. Use a new key for a new request."
        raise Problem("idempotency-key-reused", detail)
    if kept.answer is None:
        detail = "The first request with this idempotency key is still being processed. Try again in a second."
        raise Problem("idempotency-in-progress", detail, headers={"retry-after": "1"})
    headers = {str(name): str(value) for name, value in kept.answer["headers"].items()}
    return http.text_response(
        event,
        status=kept.answer["status"],
        text=kept.answer["body"],
        content_type=headers.pop("content-type", "application/json"),
        headers={**headers, REPLAYED: "true"},
    )
