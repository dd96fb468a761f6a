"""Tests common/provenance.py."""

from __future__ import annotations

import re

import pytest

from lambda_src.common import provenance

OTHER = "s3://artifacts/models/job-0/output/model.tar.gz"
DIGEST = "ab" * 32
ODD = "s3://artifacts/a (copy)/" + "x" * 300


@pytest.mark.parametrize("champion", ["", OTHER, ODD])
def test_the_champion_is_known_again_and_fits_what_sagemaker_takes(champion):
    values = provenance.metadata(artifact_sha256=DIGEST, champion_uri=champion)
    assert all(re.fullmatch(r"[\w .:/=+\-@]{1,256}", value) for value in values.values())
    read_back = provenance.of_package({"CustomerMetadataProperties": values})
    assert read_back.artifact_sha256 == DIGEST
    compared = [read_back.champion == provenance.champion_value(uri) for uri in ("", OTHER, ODD)]
    assert compared == [uri == champion for uri in ("", OTHER, ODD)]


def test_a_package_of_an_earlier_version_says_nothing_of_its_champion():
    assert provenance.of_package({}).champion == ""
