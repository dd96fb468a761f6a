"""Tests rubric models list, show and compare, with new and old evaluations."""

import io
import json
import tarfile

import boto3
import pytest

from tests.unit.ops.conftest import BUCKET, register, run, serve
from tests.unit.ops.evaluations import NEW, OLD, comparison, full


@pytest.fixture
def two(cloud):
    """An older model and the one in use, which was compared with it as it was trained."""
    register(OLD, accuracy=0.90, evaluation=full(OLD, accuracy=0.90, hyperparameters={"epochs": 8, "seed": 13}))
    register(NEW, accuracy=0.918, evaluation=full(NEW, champion=OLD, hyperparameters={"epochs": 12, "seed": 13}))
    serve(NEW)
    return cloud


def words(printed: str) -> str:
    """The printed text, with single spaces."""
    return " ".join(printed.split())


def leave_output(version: str, **files: str) -> None:
    """The job's output.tar.gz with these files (`report_html` is report.html)."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(content.encode())
            archive.addfile(member, io.BytesIO(content.encode()))
    key = f"models/{version}/output/output.tar.gz"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=packed.getvalue())


def test_show_prints_every_section(two, capsys):
    assert run("models", "show", "--mistakes", "1") == 0
    printed = words(capsys.readouterr().out)
    for message in (
        f"{NEW} Approved, in use",
        "accuracy 0.918 0.905 to 0.931 0.900 0.910",
        "• Few labels: 12 rows for a typical label.",
        "0.895 to 0.950",
        "+0.018 (+0.004 to +0.032)",
        "only that right 21 22",
        "before 0.041 0.301",
        "random split 8.0%",
        "* int8-dynamic 99.72%",
        "* blend 0.200 0.915 0.905 0.330",
        "blend (asked for: best; weights encoder 0.41, linear 0.59): blend is better than linear",
        "epoch 4 of 6 kept, stopped early",
        "labels r&d is now R&D [new] (1,200 rows); nan left out (15 rows)",
        "$0.0063 on 1 x ml.c7i.2xlarge",
        "Gene therapy start-up doubles its sales",
        "no worse than the one before",
    ):
        assert message in printed, message
    assert "Studio sued" not in printed


def test_show_of_an_evaluation_from_before_has_dashes(cloud, capsys):
    register(OLD)
    assert run("models", "show", "1", "--mistakes", "3") == 0
    printed = words(capsys.readouterr().out)
    assert "accuracy 0.910 - 0.880 -" in printed
    assert "Paired" not in printed and "leaked" not in printed and "None recorded." in printed


def keep_reference(version: str, **changes: object) -> None:
    document = {
        "layout": 2,
        "model_version": version,
        "texts": 1023,
        "length_unit": "pieces",
        "labels": ["A", "B"],
        "streams": {"predicted_label": {"counts": [1000, 23]}, "length": {"edges": [0, 9], "counts": [23, 1000]}},
        "confusion": None,
        "prior": [0.5, 0.5],
        "mean_confidence": 0.9,
        "accuracy": 0.9,
        "term_texts": 9,
        "terms": {},
        **changes,
    }
    key = f"models/{version}/baseline.json"
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())


def test_show_names_the_reference_for_drift(two, capsys):
    keep_reference(NEW)
    assert run("models", "show") == 0
    printed = words(capsys.readouterr().out)
    assert "1,023 test texts, near duplicates counted once: predicted_label, length (length in word pieces)" in printed
    assert f"s3://{BUCKET}/models/{NEW}/baseline.json" in printed
    assert run("models", "show", "--json") == 0
    uri = f"s3://{BUCKET}/models/{NEW}/baseline.json"
    assert json.loads(capsys.readouterr().out)["drift_reference"] == {"uri": uri, "problem": None}


def test_show_says_why_there_is_no_reference_for_drift(two, capsys):
    assert run("models", "show") == 0
    assert "none: it was trained before models had one" in words(capsys.readouterr().out)
    assert run("models", "show", "--json") == 0
    assert json.loads(capsys.readouterr().out)["drift_reference"] is None
    keep_reference(NEW, layout=3)
    assert run("models", "show") == 0
    problem = "baseline.json cannot be used: the reference has layout 3; this version reads layout 2"
    assert problem in words(capsys.readouterr().out)


@pytest.mark.parametrize("body", ["no json", "[1]", "[" * 100_000], ids=["text", "list", "deep"])
def test_a_damaged_evaluation_is_one_line(two, capsys, body):
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"models/{NEW}/evaluation.json", Body=body)
    assert run("models", "show", NEW) == 1
    assert f"models/{NEW}/evaluation.json is not an evaluation" in capsys.readouterr().err


def test_show_lists_confusions_of_many_labels(cloud, capsys):
    labels = [f"label {number:02}" for number in range(14)]
    matrix = [[50 if row == column else int(row == 3 and column == 5) * 7 for column in range(14)] for row in range(14)]
    register(OLD, evaluation=full(OLD, labels=labels, confusion_matrix=matrix))
    assert run("models", "show", "1") == 0
    assert "label 03 label 05 7" in words(capsys.readouterr().out)


def test_the_report_is_saved(two, tmp_path, capsys):
    leave_output(NEW, report_html="<h1>report</h1>", evaluation_json="{}")
    target = tmp_path / "report.html"
    assert run("models", "show", "--html", str(target)) == 0
    assert target.read_text() == "<h1>report</h1>"
    assert str(target) in capsys.readouterr().err


def test_a_report_that_is_not_there_is_one_line(two, tmp_path, capsys):
    leave_output(NEW, evaluation_json="{}")
    assert run("models", "show", "--html", str(tmp_path / "x.html")) == 3
    assert "before training jobs wrote one" in capsys.readouterr().err
    assert run("models", "show", OLD, "--html", str(tmp_path / "x.html")) == 3
    assert "output.tar.gz is gone" in capsys.readouterr().err
    leave_output(NEW, report_html="x")
    assert run("models", "show", "--html", str(tmp_path / "no" / "x.html")) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_a_damaged_output_is_one_line(two, tmp_path, capsys):
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"models/{NEW}/output/output.tar.gz", Body=b"no archive")
    assert run("models", "show", "--html", str(tmp_path / "x.html")) == 1
    assert "cannot be unpacked" in capsys.readouterr().err


def test_the_card_is_printed_or_said_to_be_missing(two, monkeypatch, capsys):
    assert run("models", "show", "--card") == 3
    assert f"{NEW} has no model card" in capsys.readouterr().err
    sagemaker = two.client("sagemaker")
    real = sagemaker.describe_model_package
    # moto keeps no model card.
    card = {"ModelCardContent": '{"intended_uses": {}}', "ModelCardStatus": "Approved"}
    monkeypatch.setattr(sagemaker, "describe_model_package", lambda **call: {**real(**call), "ModelCard": card})
    monkeypatch.setattr("ops.deployment.cloud.Cloud.client", _instead(two, sagemaker))
    assert run("models", "show", "--card") == 0
    assert json.loads(capsys.readouterr().out) == {"intended_uses": {}}


def _instead(cloud, sagemaker):
    real = type(cloud).client
    return lambda self, name: sagemaker if name == "sagemaker" else real(self, name)


def test_a_model_that_the_gate_refused_is_found_by_its_job(two, capsys):
    refused = "rubric-dev-20261121-000000-cccc"
    gate = {"passed": False, "reason": "accuracy 0.6100 is below the minimum of 0.7."}
    body = json.dumps({**full(refused, accuracy=0.61), "gate": gate}).encode()
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"models/{refused}/evaluation.json", Body=body)
    assert run("models", "show", refused) == 0
    printed = words(capsys.readouterr().out)
    assert f"{refused} not registered" in printed and "0.610" in printed
    assert "refused: accuracy 0.6100 is below the minimum of 0.7." in printed
    assert run("models", "show", "nope") == 3
    assert "There is no model 'nope'" in capsys.readouterr().err


def test_compare_prints_both_sides(two, capsys):
    assert run("models", "compare", "1", "serving") == 0
    printed = words(capsys.readouterr().out)
    assert f"A {OLD} B {NEW}" in printed and "not the same" not in printed
    assert "accuracy 0.900 0.918 +0.018 0.887 to 0.913 0.905 to 0.931 yes" in printed
    assert "only B right 30" in printed
    assert "epochs 8 12" in printed and "seed" not in printed


def test_compare_takes_old_evaluations(cloud, capsys):
    register(OLD)
    register(NEW, accuracy=0.93)
    assert run("models", "compare", "1", "2") == 0
    printed = words(capsys.readouterr().out)
    assert "accuracy 0.910 0.930 +0.020 - - -" in printed
    assert "The test texts may differ: an evaluation does not name" in printed


def test_compare_as_json_turns_the_comparison_with_its_sides(two, capsys):
    assert run("models", "compare", "serving", "1", "--json") == 0
    compared = json.loads(capsys.readouterr().out)
    assert compared["a"] == NEW and compared["figures"]["accuracy"]["difference"] == pytest.approx(-0.018)
    made = comparison(new=30, old=22)
    assert compared["paired"]["only_new_right"] == 22
    assert compared["paired"]["accuracy_difference"] == -made["accuracy_difference"]
    assert compared["paired"]["accuracy_difference_interval"] == [-0.0318, -0.0037]
    assert compared["hyperparameters"] == {"epochs": {"a": 12, "b": 8}}
    assert compared["data"]["same_test_texts"] is True


def test_list_shows_what_the_gate_said(two, capsys):
    assert run("models", "list") == 0
    printed = capsys.readouterr().out
    assert printed.count("no worse than the one before") == 2 and "Gate" in printed
