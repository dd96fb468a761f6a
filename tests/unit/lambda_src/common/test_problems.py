"""Tests common/problems.py."""

from __future__ import annotations

from lambda_src.common.problems import CATALOGUE


def test_the_catalogue_has_only_error_statuses():
    assert all(400 <= kind.status <= 599 and kind.title for kind in CATALOGUE.values())
