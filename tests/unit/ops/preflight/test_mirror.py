"""Tests what preflight says of the mirror."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.deployment import mirror as layout
from environments.settings import Settings
from ops.mirror.wheels import LOCK
from ops.preflight import mirror
from ops.preflight.finding import Finding
from tests.unit.ops.conftest import BUCKET, SESSION
from tests.unit.ops.preflight.conftest import ROOT, Change
from tests.unit.ops.preflight.test_stacks import stacks

WHEELS = layout.wheels(layout.digest_of(ROOT / LOCK))


class CloudFormation:
    """DescribeStacks of an account that has the Data stack, or none."""

    def __init__(self, *, deployed: bool) -> None:
        self._answer = stacks(**({"Data": "CREATE_COMPLETE"} if deployed else {}))

    def describe_stacks(self, **request: Any) -> Any:
        answer = self._answer(request)
        answer["Stacks"][0]["Outputs"] = [{"OutputKey": "ArtifactBucketName", "OutputValue": BUCKET}]
        return answer


@pytest.fixture
def isolated(settings: Change) -> Settings:
    changed = settings(training={"isolated": True, "base_model": "compact"})
    dataset = changed.data.dataset.model_copy(update={"source": "file"})
    return changed.model_copy(update={"data": changed.data.model_copy(update={"dataset": dataset})})


def look(settings: Settings, *, deployed: bool = True, approved: bool = False) -> list[Finding]:
    return mirror.look(
        CloudFormation(deployed=deployed),
        SESSION.client("s3"),
        settings=settings,
        env="dev",
        approved=approved,
        root=ROOT,
    )


def fill(*, digests: dict[str, str]) -> None:
    s3 = SESSION.client("s3")
    for name in digests:
        s3.put_object(Bucket=BUCKET, Key=f"{WHEELS}{name}", Body=b"")
    s3.put_object(Bucket=BUCKET, Key=f"{WHEELS}SHA256SUMS", Body=layout.sums(digests).encode())


def locked() -> dict[str, str]:
    """A digest of each package of the lock, by a name."""
    lines = (ROOT / LOCK).read_text().replace("\\\n", " ").splitlines()
    hashed = [line.split("--hash=sha256:") for line in lines if "--hash=" in line]
    return {f"{line[0].split('==')[0]}.whl": line[1].strip() for line in hashed}


def test_before_there_is_a_bucket_it_names_the_commands(aws: None, isolated: Settings) -> None:
    [finding] = look(isolated, deployed=False)
    assert finding.verdict == "refused"
    assert finding.todo == (
        "make deploy ENV=dev STACKS=Rubric-dev-Data PREFLIGHT=off, then rubric --env dev mirror, then deploy all"
    )


@pytest.mark.parametrize(("approved", "verdict"), [(False, "refused"), (True, "warning")])
def test_an_empty_mirror_fails_the_first_run(cloud: Any, isolated: Settings, approved: bool, verdict: str) -> None:
    [finding] = look(isolated, approved=approved)
    assert (finding.verdict, finding.todo) == (verdict, "rubric --env dev mirror, then deploy")
    assert finding.what.startswith("the mirror does not have the packages that training jobs install: s3://")


def test_a_package_without_a_wheel_is_named(cloud: Any, isolated: Settings) -> None:
    digests = locked()
    fill(digests=digests)
    assert [finding.verdict for finding in look(isolated)] == ["ok"]
    del digests["numpy.whl"]
    fill(digests=digests)
    [finding] = look(isolated)
    assert "there is no wheel of numpy 2." in finding.what


def test_a_file_that_is_gone_is_named(cloud: Any, isolated: Settings) -> None:
    fill(digests=locked())
    SESSION.client("s3").delete_object(Bucket=BUCKET, Key=f"{WHEELS}numpy.whl")
    [finding] = look(isolated)
    assert finding.what.endswith("numpy.whl is missing")
