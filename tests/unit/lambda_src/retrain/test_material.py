"""What was known of a model at a time, and what it learnt from."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts.datasets import ledger, manifest
from contracts.logs import drift_report
from contracts.retraining import decision
from lambda_src.retrain import backtest
from lambda_src.retrain.material import Material, evidence
from lambda_src.retrain.rule.accepted import CONTRADICTS
from lambda_src.retrain.rule.evidence import Evidence, Runs
from lambda_src.retrain.rule.gain import Audited
from lambda_src.retrain.stores.old_rows import Learnt, OldRows, RowsUnknown, TrainedRow
from lambda_src.retrain.stores.sample import LabelledText
from tests.unit.lambda_src.retrain.test_accepted import LABELS, event
from tests.unit.lambda_src.retrain.test_decide import RULE

VERSION = "rubric-dev-20261101-000000-abcd"
LEARNT = Learnt(version="v1", until="2026-11-01T00:00:00.000Z", place="datasets/rows/d/rows.csv", columns={})


class Rows:
    """Old rows in memory."""

    def rows(self, learnt: Learnt) -> Any:
        for text, label in [("shares of the bank fall", "Business"), ("vaccine against the flu", "Health")] * 20:
            yield TrainedRow(ledger.row_of(text), text, label)


def labelled(number: int) -> LabelledText:
    """A text that the model gets wrong; it is labelled at minute `number`."""
    text = f"fusion reactor {number}"
    return LabelledText(
        day="2026-11-20",
        model_version=VERSION,
        labelled_at=f"2026-11-20T12:{number:02d}:00.000Z",
        right=False,
        audited=Audited(text=text, label="Health", answer="Business", probabilities={"Business": 0.6, "Health": 0.4}),
    )


def material(count: int = 60, **changes: Any) -> Material:
    texts = [labelled(number) for number in range(count)]
    events = [event(each.audited.text, "Health", minute=n) for n, each in enumerate(texts) if each.audited]
    report = {
        "status": drift_report.DRIFT,
        "reason": "It moved.",
        "since": "2026-11-19T12:00:00.000Z",
        "until": "2026-11-21T12:00:00.000Z",
        "counted": {"texts": 3000},
        "streams": [{"alarm": {"request": 1, "time": "2026-11-20T12:30:00.000Z"}}, {"alarm": None}],
    }
    found = Material(
        model_version=VERSION,
        written="2026-11-01T00:00:00.000Z",
        labels=LABELS,
        reference_accuracy=0.95,
        drift=report,
        labelled=texts,
        events={each["row_id"]: [each] for each in events},
        mapping={},
        **changes,
    )
    return found.with_old_rows(Rows(), LEARNT)


def seen(of: Material, at: str) -> Evidence:
    return evidence(of, RULE, at=at, cause=decision.CHECK, by="it", runs=Runs())


def test_evidence_is_what_was_known_at_the_time() -> None:
    of = material()
    before, after = seen(of, "2026-11-20T12:20:00.000Z"), seen(of, "2026-11-20T12:59:00.000Z")
    assert (before.accuracy and before.accuracy.texts, before.rows.accepted, before.gain) == (21, 21, None)
    assert "21 texts" in before.no_gain
    assert before.drift == drift_report.STEADY
    assert (after.accuracy and after.accuracy.texts, after.rows.accepted) == (60, 60)
    assert after.gain is not None and after.gain.low > 0.5
    assert (after.drift, after.texts_a_day) == (drift_report.DRIFT, 1500.0)


def test_rows_of_which_nothing_came_in_since_the_newest_version_are_frozen() -> None:
    of = replace(material(), newest_version="v2", frozen_until="2026-11-20T12:09:00.000Z")
    found = seen(of, "2026-11-20T13:00:00.000Z")
    assert (found.rows.accepted, found.rows.frozen, found.newest_version) == (60, 10, "v2")


def test_so_are_rows_that_a_later_run_has_seen_and_found_nothing_new_in() -> None:
    run = "2026-11-20T12:19:30.000Z"
    of = replace(material(), newest_version="v2", frozen_until="2026-11-20T12:09:00.000Z", found_nothing=run)
    found = seen(of, "2026-11-20T13:00:00.000Z")
    assert (found.rows.frozen, found.found_nothing) == (20, run)
    since = replace(of, frozen_until="2026-11-20T12:29:00.000Z")
    assert seen(since, "2026-11-20T13:00:00.000Z").found_nothing == ""


def test_in_less_than_a_day_what_came_is_a_day_s() -> None:
    of = material()
    report = {**of.drift, "until": "2026-11-19T12:05:00.000Z"}
    assert seen(Material(**{**vars(of), "drift": report}), "2026-11-20T13:00:00.000Z").texts_a_day == 3000.0


def test_without_the_old_rows_or_the_texts_the_gain_is_not_known() -> None:
    of = material()
    unknown = Material(**{**vars(of), "words": None, "no_rows": "the rows are gone"})
    assert seen(unknown, "2026-11-20T13:00:00.000Z").no_gain == "the rows are gone"
    gone = [LabelledText(**{**vars(each), "audited": None}) for each in of.labelled]
    found = seen(Material(**{**vars(of), "labelled": gone}), "2026-11-20T13:00:00.000Z")
    assert (found.gain, "60 more have no text" in found.no_gain) == (None, True)
    assert found.accuracy is not None and found.accuracy.texts == 60


def test_the_days_of_a_backtest_have_the_model_that_answered_most() -> None:
    one, two = labelled(1), labelled(2)
    other = LabelledText(**{**vars(two), "day": "2026-11-22", "model_version": "newer"})
    late = LabelledText(**{**vars(two), "labelled_at": "2026-11-24T01:00:00.000Z"})
    assert backtest._served([one, two, other, late]) == {
        "2026-11-20": VERSION,
        "2026-11-21": VERSION,
        "2026-11-22": "newer",
        "2026-11-23": "newer",
        "2026-11-24": "newer",
    }
    assert backtest._served([]) == {}


class S3:
    """A bucket in memory."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self._objects = objects

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self._objects:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "gone"}}, "GetObject")
        return {"Body": io.BytesIO(self._objects[Key])}

    def get_paginator(self, name: str) -> S3:
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        found = [{"Key": key, "Size": len(body)} for key, body in self._objects.items() if key.startswith(Prefix)]
        return [{"Contents": found}] if found else [{}]


class Jobs:
    """SageMaker, with one training job."""

    def __init__(self, job: dict[str, Any] | None) -> None:
        self._job = job

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:
        if self._job is None:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": "gone"}}, "DescribeTrainingJob")
        return self._job


def channel(name: str, uri: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": uri}}}


def version() -> dict[str, bytes]:
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(manifest.COLUMNS)
    rows.writerow(["r1", "Shares fall", "Business", "train", "", "", "", "dataset", "", ""])
    rows.writerow(["r2", "Flu is back", "Health", "valid", "", "", "", "feedback", "e1", "2026-11-01"])
    rows.writerow(["r3", "A test", "Health", "test", "", "", "", "dataset", "", ""])
    document: Any = dict.fromkeys(manifest.Manifest.__annotations__) | {
        "layout": manifest.LAYOUT,
        "until": "2026-11-01T00:00:00.000Z",
        "file": {"key": "datasets/rows/d/rows.csv"},
    }
    return {manifest.key_of("v1"): manifest.to_json(document), "datasets/rows/d/rows.csv": table.getvalue().encode()}


def test_the_rows_of_a_version_say_which_the_model_learnt_from() -> None:
    stored = OldRows(S3(version()), Jobs(None), bucket="datasets")
    learnt = stored.of_model(VERSION, {"dataset_version": "v1"})
    assert learnt == LEARNT
    assert [(row.row_id, row.label, row.event_id, row.learnt) for row in stored.rows(learnt)] == [
        ("r1", "Business", "", True),
        ("r2", "Health", "e1", True),
        ("r3", "Health", "", False),
    ]


def test_the_newest_version_and_its_newest_label() -> None:
    older = {key.replace("/v1/", "/v1.1/"): body for key, body in version().items() if "versions" in key}
    later = {key.replace("/v1/", "/v10/"): body for key, body in version().items() if "versions" in key}
    stored = OldRows(S3({**later, **version(), **older}), Jobs(None), bucket="datasets")
    assert stored.newest() == ("v10", "2026-11-01T00:00:00.000Z")
    assert OldRows(S3({}), Jobs(None), bucket="datasets").newest() == ("", "")


class OfTestPart(Rows):
    """Old rows, and the texts that were labelled since, as rows of the test part with these labels."""

    def __init__(self, label: str, event_id: str = "") -> None:
        self._label, self._event_id = label, event_id

    def rows(self, learnt: Learnt) -> Any:
        yield from super().rows(learnt)
        for each in map(labelled, range(60)):
            assert each.audited
            text = each.audited.text
            yield TrainedRow(ledger.row_of(text), text, self._label, self._event_id, learnt=False)


@pytest.mark.parametrize(("label", "left"), [("Health", {}), ("Business", {CONTRADICTS: 60})])
def test_a_row_of_the_test_part_is_no_new_row(label: str, left: dict[str, int]) -> None:
    found = seen(material().with_old_rows(OfTestPart(label), LEARNT), "2026-11-20T13:00:00.000Z")
    assert (found.rows.accepted, dict(found.rows.others)) == (0, left)
    assert found.gain is not None and found.gain.estimate == 0.0, "nothing would be learnt"


def test_a_label_whose_event_has_expired_stands_as_it_does_in_a_freeze() -> None:
    expired = material().with_old_rows(OfTestPart("Business", "expired"), LEARNT)
    assert dict(seen(expired, "2026-11-20T13:00:00.000Z").rows.others) == {CONTRADICTS: 60}


def test_the_rows_of_a_dataset_as_its_job_read_them() -> None:
    job = {
        "HyperParameters": {"text_column": "Head%20line"},
        "InputDataConfig": [channel("code", "s3://assets/code"), channel("dataset", "s3://datasets/datasets/d/n.csv")],
    }
    stored = OldRows(
        S3({"datasets/d/n.csv": b"Head line,label\nShares  fall,Business\n,Health\n"}), Jobs(job), bucket="datasets"
    )
    found = list(stored.rows(stored.of_model(VERSION, {})))
    assert [(row.text, row.label, row.row_id) for row in found] == [
        ("Shares fall", "Business", ledger.row_of("Shares fall"))
    ]


@pytest.mark.parametrize(
    ("objects", "evaluation", "job"),
    [
        ({}, {}, None),
        ({}, {}, {"HyperParameters": {"labels_sha256": "d"}, "InputDataConfig": []}),
        ({"x.bin": b"PAR1 and more"}, {}, {"InputDataConfig": [channel("dataset", "s3://datasets/x.bin")]}),
        ({"x.pdf": b"%PDF-1.7"}, {}, {"InputDataConfig": [channel("dataset", "s3://datasets/x.pdf")]}),
    ],
)
def test_rows_that_cannot_be_read_are_not_known_and_what_to_do_is_said(
    objects: dict[str, bytes], evaluation: dict[str, Any], job: dict[str, Any] | None
) -> None:
    stored = OldRows(S3(objects), Jobs(job), bucket="datasets")
    with pytest.raises(RowsUnknown, match="; `rubric retrain --yes` trains on a dataset version"):
        list(stored.rows(stored.of_model(VERSION, evaluation)))


def test_nor_are_those_of_a_version_that_is_gone() -> None:
    with pytest.raises(RowsUnknown, match="the manifest of the dataset version v1 cannot be read"):
        OldRows(S3({}), Jobs(None), bucket="datasets").of_model(VERSION, {"dataset_version": "v1"})
