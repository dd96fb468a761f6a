"""A replay: logged texts, with the champion's logged answers, are classified by the challenger in a transform job.

Each try writes under a prefix of its own, and the job, which exists once, names the one that counts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from contracts.ab_tests import record
from contracts.ab_tests.record import Disagreement, Record
from contracts.logs.request_log import Item
from lambda_src.ab_test import changes
from lambda_src.ab_test.comparable import identity_of
from lambda_src.ab_test.learnt import RowsUnknownError
from lambda_src.ab_test.parts import Parts
from lambda_src.ab_test.transform import Job
from lambda_src.common import s3_uri
from lambda_src.common.times import written

_SOURCE, _KEYS, _OUTPUT = "in/texts.jsonl", "keys.jsonl", "out"
# Disagreements that are kept for each label of the budget: some texts leave the log before they are labelled.
_FOR_EACH_LABEL = 2

# (request id, position, the champion's label) of a text.
Key = tuple[str, int, str]


def job_name(test: Record, parts: Parts) -> str:
    """The name of the transform job, which exists once."""
    return f"{parts.settings.job_prefix}{test['test_id']}"


def advance(test: Record, parts: Parts) -> Record | None:
    """The record after the next step of classifying; None while there is nothing to do but to wait."""
    now = parts.now()
    job = parts.jobs.describe(job_name(test, parts))
    if job is None:
        return _begin(test, parts)
    if job.running:
        return None
    if job.status != "Completed":
        reason = f"the transform job {job_name(test, parts)} {job.status.lower()}: {job.reason or 'it was stopped'}"
        return changes.ending(test, record.FAILED, reason, now=now)
    keys, labels = _keys(job, parts), _answers(job, parts)
    if not keys or len(keys) != len(labels):
        reason = f"the transform job answered {len(labels)} lines of {len(keys)}"
        return changes.ending(test, record.FAILED, reason, now=now)
    compared, disagreements = differences(keys, labels, test_id=test["test_id"], most=_most(test))
    running = changes.noted(test, f"the challenger has answered {len(keys)} texts", now=now)
    return {
        **running,
        "phase": record.RUNNING,
        "running_since": written(now),
        "compared": compared,
        "disagreements": disagreements,
    }


def clean_up(test: Record, parts: Parts) -> bool:
    """Deletes the texts; False while a job that reads them still runs, which it stops."""
    job = parts.jobs.describe(job_name(test, parts)) if test["plan"]["mode"] == record.REPLAY else None
    if job is not None and job.running:
        if job.status == "InProgress":
            parts.jobs.stop(job_name(test, parts))
        return False
    parts.store.delete_below(record.texts(test["test_id"]))
    return True


def differences(
    keys: Sequence[Key], labels: Sequence[str], *, test_id: str, most: int
) -> tuple[int, list[Disagreement]]:
    """(texts that both have answered, those with different labels), in a random order that the test's id decides.

    labels: the challenger's, "" for a text without an answer, which is left out. With more than `most` differences,
    the texts after the last of them are left out too: what is left is a random part of all.
    """
    answered = [(key, label) for key, label in zip(keys, labels, strict=True) if label]
    answered.sort(key=lambda each: _order(test_id, each[0]))
    found: list[Disagreement] = []
    for place, ((request_id, position, champion), challenger) in enumerate(answered):
        if challenger == champion:
            continue
        found.append(
            {
                "request_id": request_id,
                "position": position,
                "place": place,
                "champion": champion,
                "challenger": challenger,
                "label": "",
                "labelled_at": "",
                "labeller": "",
            }
        )
        if len(found) == most:
            return place + 1, found
    return len(answered), found


def _order(test_id: str, key: Key) -> bytes:
    return hashlib.sha256(f"rubric-ab-order-1\0{test_id}\0{key[0]}#{key[1]}".encode()).digest()


def _most(test: Record) -> int:
    return _FOR_EACH_LABEL * test["plan"]["most_labels"] + record.WINDOW


def _begin(test: Record, parts: Parts) -> Record:
    now, version = parts.now(), test["champion"]["version"]
    keys, lines = list[Key](), bytearray()
    try:
        learnt = learnt_by(test, parts)
    except RowsUnknownError as error:
        return changes.ending(test, record.FAILED, f"it is not known what the models learnt from: {error}", now=now)
    for item in texts_of(version, test["plan"]["most_texts"], parts, without=learnt):
        keys.append((item["request_id"], int(item["position"]), item["label"]))
        lines += json.dumps({"inputs": item["text"]}, ensure_ascii=False).encode() + b"\n"
    if not keys:
        reason = f"the request log has no text that {version} has answered and that nobody has labelled yet"
        return changes.ending(test, record.FAILED, reason, now=now)
    prefix = f"{record.texts(test['test_id'])}{parts.new_id()}/"
    parts.store.write(f"{prefix}{_SOURCE}", bytes(lines))
    parts.store.write(f"{prefix}{_KEYS}", "\n".join(map(json.dumps, keys)).encode())
    parts.jobs.start(
        job_name(test, parts),
        model=parts.challenger.model_name(),
        source=f"s3://{parts.store.bucket}/{prefix}{_SOURCE}",
        output=f"s3://{parts.store.bucket}/{prefix}{_OUTPUT}",
    )
    return changes.noted(test, f"the challenger classifies {len(keys)} texts", now=now)


def learnt_by(test: Record, parts: Parts) -> frozenset[str]:
    """The identities of the texts that either model has learnt from or was judged on. Raises RowsUnknownError."""
    return parts.learnt(test["challenger"]["version"]) | parts.learnt(test["champion"]["version"])


def texts_of(version: str, most: int, parts: Parts, *, without: frozenset[str]) -> Iterator[Item]:
    """The newest texts that a model version has answered, at most `most`, each once however it is spelt."""
    seen: set[str] = set()
    for item in parts.log.newest(until=written(parts.now()), days=parts.settings.request_log_days):
        if len(seen) == most or not parts.has_time():
            return
        identity = identity_of(item, version=version)
        if identity and identity not in seen and identity not in without:
            seen.add(identity)
            yield item


def _keys(job: Job, parts: Parts) -> list[Key]:
    _, source = s3_uri.split(job.source)
    found = parts.store.read(f"{source.removesuffix(_SOURCE)}{_KEYS}") or b""
    return [(request_id, position, label) for request_id, position, label in map(json.loads, found.splitlines())]


def _answers(job: Job, parts: Parts) -> list[str]:
    """The label of each line, "" for one that the model refused. SageMaker may leave blank lines between answers."""
    _, output = s3_uri.split(job.output)
    found = parts.store.read(f"{output.rstrip('/')}/{_SOURCE.rsplit('/', 1)[-1]}.out") or b""
    return [_label(line) for line in found.split(b"\n") if line.strip()]


def _label(line: bytes) -> str:
    try:
        answer: Any = json.loads(line)
    except (ValueError, RecursionError):
        return ""
    return str(answer.get("predicted_label") or "") if isinstance(answer, dict) else ""
