"""`python -m delivery.guard`: the repository's own run passes, any other is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from delivery.guard import main
from tests.unit.environments.conftest import MINIMAL

DELIVERY = """\
delivery:
  repository: octo-org/octo-repo
  subject: ids
  owner_id: 123456
  repository_id: 456789
  environments: [prod]
  oidc_provider: create
"""
RUN = {
    "GITHUB_REPOSITORY": "octo-org/octo-repo",
    "GITHUB_REPOSITORY_OWNER_ID": "123456",
    "GITHUB_REPOSITORY_ID": "456789",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("environments", "delivery"):
        (tmp_path / folder).mkdir()
    (tmp_path / "environments" / "prod.yaml").write_text(f"{MINIMAL}permissions_boundary: rubric-prod-boundary\n")
    (tmp_path / "delivery" / "delivery.yaml").write_text(DELIVERY)
    return tmp_path


def test_the_repositorys_own_run_passes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prod"], run=RUN, root=root) == 0
    assert capsys.readouterr().err == ""


def test_an_environment_of_another_account_is_found_in_its_own_file(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "environments" / "prod.yaml").rename(root / "environments" / "live.yaml")
    (root / "delivery" / "delivery.yaml").write_text("delivery:\n  environments: [dev]\n")
    (root / "delivery" / "live.yaml").write_text(DELIVERY.replace("[prod]", "[live]"))
    assert main(["live"], run=RUN, root=root) == 0
    assert main(["live"], run={**RUN, "GITHUB_REPOSITORY": "octo-fork/octo-repo"}, root=root) == 2
    assert "delivery/live.yaml lets only octo-org@123456/octo-repo@456789" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "change", "says"),
    [
        (["prod"], {"GITHUB_REPOSITORY": "octo-fork/octo-repo"}, "octo-fork/octo-repo may not deploy prod: "),
        (["prod"], {"GITHUB_REPOSITORY_ID": "1"}, "octo-org/octo-repo may not deploy prod: "),
        (["dev"], {}, "dev is not one of delivery.environments (prod)"),
        ([], {}, "delivery/delivery.yaml: the run names no environment; use one of prod"),
    ],
)
def test_another_is_refused_in_one_sentence(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], change: dict[str, str], says: str
) -> None:
    assert main(arguments, run={**RUN, **change}, root=root) == 2
    error = capsys.readouterr().err
    assert says in error and error.startswith("error: ") and error.count("\n") == 1
