"""How far the log and the ledger are counted, and what was: an object that is replaced if nobody else has done so."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from contracts.deployment import buckets
from lambda_src.common import aws, one_object
from lambda_src.features.activity import Activity

LAYOUT = 1
ENTITIES = ("caller", "publisher")


@dataclass
class State:
    """counted, counted_late, counted_labels: places in the log, among its late texts, and in the ledger.

    written: time of the newest events of callers and publishers, UTC with microseconds; "" before. activity: by entity
    and id. etag: of the object that it was read from; None if there was none.
    """

    counted: str
    counted_late: str
    counted_labels: str
    written: str = ""
    activity: dict[str, dict[str, Activity]] = field(default_factory=lambda: {entity: {} for entity in ENTITIES})
    etag: str | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any], *, etag: str) -> State:
        """The state that `document` was made from."""
        activity = {
            entity: {name: Activity.of(one) for name, one in document["activity"][entity].items()}
            for entity in ENTITIES
        }
        places = (document["counted"], document["counted_late"], document["counted_labels"])
        return cls(*places, written=document["written"], activity=activity, etag=etag)

    def document(self) -> dict[str, Any]:
        """What the object holds: no text."""
        return {
            "layout": LAYOUT,
            "counted": self.counted,
            "counted_late": self.counted_late,
            "counted_labels": self.counted_labels,
            "written": self.written,
            "activity": {
                entity: {name: one.document() for name, one in known.items()} for entity, known in self.activity.items()
            },
        }


class States:
    """The object in `bucket`. Raises one_object.ChangedError when another run has written it, and botocore's errors."""

    def __init__(self, s3: Any, *, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def read(self, *, first: str) -> State:
        """The state; of a new environment, or of one whose state another release wrote, one that begins at `first`."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=buckets.FEATURES_STATE)
        except ClientError as error:
            if aws.error_code(error) != "NoSuchKey":
                raise
            return State(first, first, first)
        etag, document = str(answer["ETag"]), json.loads(answer["Body"].read())
        if document.get("layout") != LAYOUT:
            return State(first, first, first, etag=etag)
        return State.of(document, etag=etag)

    def save(self, state: State) -> None:
        """Replace the object."""
        state.etag = one_object.replace(
            self._s3, bucket=self._bucket, key=buckets.FEATURES_STATE, document=state.document(), etag=state.etag
        )

    def forget(self, ids: Mapping[str, Iterable[str]]) -> None:
        """Drop what was counted of these ids, by entity."""
        state = self.read(first="")
        if state.etag is None:
            return
        dropped = [
            state.activity[entity].pop(name, None) for entity in ENTITIES if entity in ids for name in ids[entity]
        ]
        if any(dropped):
            self.save(state)

    def write_summary(self, document: dict[str, Any]) -> None:
        """Replace the summary that the gate reads."""
        body = one_object.encoded(document)
        self._s3.put_object(
            Bucket=self._bucket, Key=buckets.FEATURES_SUMMARY, Body=body, ContentType="application/json"
        )
