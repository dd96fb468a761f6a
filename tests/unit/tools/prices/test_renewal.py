"""Prices are renewed from AWS's price list, whole or not at all."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from contracts.prices import snapshot
from tests.unit.tools.prices.served import recorded, served
from tools.prices import written
from tools.prices.__main__ import main

LAMBDA = "/offers/v1.0/aws/AWSLambda/20261120101112/us-east-1/index.json"
HOST, TRAIN = "sagemaker.hosting.ml.c7i.xlarge", "sagemaker.training.ml.g5.xlarge"


def loaded(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("renewed_snapshot", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_list_s_prices_replace_the_snapshot_s(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "snapshot.py"
    with served(recorded()) as address:
        assert main(["--region", "us-east-1", "--address", address], file=file) == 0
    prices = loaded(file).PRICES["us-east-1"]
    assert prices[HOST] == (0.2142, "AmazonSageMaker-us-east-1-2026-11-20")
    assert prices[TRAIN][0] == 1.408
    assert prices["lambda.requests"][0] == 0.0000002
    title, url, date = loaded(file).SOURCES["AmazonSageMaker-us-east-1-2026-11-20"]
    assert (title, date) == ("AWS's price list, AmazonSageMaker in us-east-1", "2026-11-20")
    assert url.endswith("/offers/v1.0/aws/AmazonSageMaker/20261120101112/us-east-1/index.json")
    assert prices["kms.key"] == snapshot.PRICES["us-east-1"]["kms.key"]
    said = capsys.readouterr().out
    assert "kept as it was, because the price list does not have it: kms.key in us-east-1" in said
    assert "unknown: sagemaker.serverless in us-east-1" in said


def test_a_free_tier_is_no_price_and_the_first_tier_that_costs_counts(tmp_path: Path) -> None:
    file = tmp_path / "snapshot.py"
    with served(recorded()) as address:
        main(["--region", "us-east-1", "--address", address], file=file)
    prices = loaded(file).PRICES["us-east-1"]
    assert prices["dynamodb.storage"][0] == 0.25
    assert prices["lambda.duration"][0] == 0.0000166667


@pytest.mark.parametrize(
    ("path", "document", "sentence"),
    [
        ("/offers/v1.0/aws/index.json", None, "could not be read: HTTP Error 404"),
        (
            "/offers/v1.0/aws/index.json",
            {"formatVersion": "v1.0"},
            "has no offers: it is not a file of AWS's price list",
        ),
        ("/offers/v1.0/aws/index.json", {"offers": {}}, "has no service AWSLambda: it may have another code now"),
        (LAMBDA, "<html>", "is not JSON"),
        (LAMBDA, "[]", "is not a JSON object"),
        (LAMBDA, {"products": {}, "terms": {}}, "has no publicationDate: a price without a date is none"),
        (LAMBDA, {"publicationDate": "2026-11-20T00:00:00Z", "products": {}}, "has no terms"),
    ],
)
def test_what_cannot_be_read_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str, document: object, sentence: str
) -> None:
    file = tmp_path / "snapshot.py"
    file.write_text("as it was", encoding="utf-8")
    with served({**recorded(), path: document}) as address:
        assert main(["--region", "us-east-1", "--address", address], file=file) == 1
    captured = capsys.readouterr().err
    assert sentence in captured
    assert captured.startswith("error: ")
    assert captured.endswith("; the snapshot is as it was\n")
    assert captured.count("\n") == 1
    assert file.read_text(encoding="utf-8") == "as it was"


def test_two_products_that_fit_at_other_prices_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = recorded()
    offer = documents[LAMBDA]
    offer["products"]["OTHER"] = offer["products"]["LAMBDAREQ"]
    offer["terms"]["OnDemand"]["OTHER"] = offer["terms"]["OnDemand"]["LAMBDAGB"]
    with served(documents) as address:
        assert main(["--region", "us-east-1", "--address", address], file=tmp_path / "snapshot.py") == 1
    assert "lambda.requests fits products at 2e-07, 1.66667e-05 USD" in capsys.readouterr().err
    assert not (tmp_path / "snapshot.py").exists()


def test_a_region_without_the_service_keeps_what_was_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "snapshot.py"
    with served(recorded()) as address:
        assert main(["--region", "eu-central-1", "--address", address], file=file) == 0
    assert loaded(file).PRICES["eu-central-1"] == {}
    assert loaded(file).PRICES["us-east-1"] == snapshot.PRICES["us-east-1"]
    assert "AWSLambda has no prices in eu-central-1." in capsys.readouterr().out


def test_an_address_that_is_no_web_address_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--region", "us-east-1", "--address", "file:///etc"], file=tmp_path / "s.py") == 1
    assert "it has to begin with https://" in capsys.readouterr().err


def test_the_snapshot_in_the_repository_is_as_the_command_writes_it() -> None:
    contents = written.read(snapshot.PRICES, snapshot.SOURCES, snapshot.DATE)
    assert written.FILE.read_text(encoding="utf-8") == written.text(contents)
