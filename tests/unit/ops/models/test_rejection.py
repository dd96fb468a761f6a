"""rubric models reject refuses a model that serves or may come to serve."""

import pytest

from ops.models import registry
from tests.unit.ops.conftest import run, serve
from tests.unit.ops.promoted_models import NEW, OLD, promoted, serve_the_newer_of_two, uri


@pytest.fixture
def two(cloud):
    serve_the_newer_of_two()
    return cloud


def test_the_model_in_use_cannot_be_rejected(two, capsys):
    assert run("models", "reject", "serving") == 1
    assert "is in use" in capsys.readouterr().err
    assert registry.find(two, NEW).approval == "Approved"


def test_during_a_rollout_the_model_that_still_serves_cannot_be_rejected(two, monkeypatch, capsys):
    monkeypatch.setattr("ops.models.promotions.serving_uri", lambda _: uri(OLD))
    assert run("models", "reject", OLD) == 1
    assert f"{OLD} serves until the rollout under way is done" in capsys.readouterr().err
    assert registry.find(two, OLD).approval == "Approved"


def test_what_a_promotion_under_way_goes_back_to_cannot_be_rejected(two, capsys):
    promoted(1, NEW, "", previous=OLD)
    assert run("models", "reject", OLD) == 1
    assert "until the rollout under way is done" in capsys.readouterr().err
    promoted(2, NEW, "served", previous=OLD)
    assert run("models", "reject", OLD) == 0


def test_a_rejection_says_so_where_a_promotion_began_meanwhile(two, monkeypatch, capsys):
    real = registry.set_approval

    def meanwhile(*arguments, **options):
        serve(OLD)
        real(*arguments, **options)

    monkeypatch.setattr(registry, "set_approval", meanwhile)
    assert run("models", "reject", OLD) == 1
    assert f"{OLD} is rejected, but a promotion of it had begun" in " ".join(capsys.readouterr().err.split())
