"""The way of a change on two accounts: one synth, the same bytes in both, a rollback, a refused second run."""

import re
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.cloud import wait_for
from tests.long.delivery.account import Account
from tests.long.delivery.company import Company
from tests.unit.tools.delivery.github import served, variables

BROKEN = "\nraise RuntimeError('broken on purpose')\n"


def changed(company: Company, **sections: Any) -> None:
    """Change whole sections of both environments' settings."""
    for account in company.accounts:
        settings = yaml.safe_load(account.settings_file.read_text(encoding="utf-8"))
        account.settings_file.write_text(yaml.safe_dump({**settings, **sections}), encoding="utf-8")


def locked(account: Account) -> bool:
    listed = account.client("s3").list_objects_v2(
        Bucket="cdk-hnb659fds-assets-000000000000-us-east-1", Prefix="rubric-delivery/"
    )
    return any(each["Key"].endswith("lock.json") for each in listed.get("Contents", []))


@pytest.fixture(scope="module")
def bad(company: Company) -> str:
    """The digest of a change that widens a permission and breaks a function."""
    handler = company.checkout / "lambda_src/classify/handler.py"
    _replace(handler, handler.read_text(encoding="utf-8") + BROKEN)
    changed(company, classifier={"fallback": "bedrock", "bedrock": {"model_id": "amazon.nova-micro-v1:0"}})
    return company.assembly()


def test_the_first_delivery_reached_both_accounts_and_is_over(company: Company) -> None:
    for account in company.accounts:
        assert len(account.deployed()) == 6
        assert account.jobs() == 1
        assert not locked(account)


def test_a_good_change_reaches_prod_with_devs_digest_and_trains_nothing(company: Company) -> None:
    models = [account.model() for account in company.accounts]
    changed(company, monitoring={"alarm_receivers_elsewhere": True, "p99_latency_ms": 1234})
    digest = company.assembly()
    done = [company.dev.make("delivery", f"DIGEST={digest}")]
    plan, shown = planned(company.prod, digest)
    done.append(company.prod.make("delivery", f"DIGEST={digest}", f"PLAN={plan}"))
    assert shown and all(executed(company.prod, each) for each in shown)
    for account, each, model in zip(company.accounts, done, models, strict=True):
        assert f"{account.name} has the assembly {digest}." in each.stdout
        assert "| Modify |" in each.stdout and "answers, as before" in each.stdout
        assert "1234" in str(account.deployed()[account.stack_name("Monitoring")])
        assert (account.model(), account.jobs(), locked(account)) == (model, 1, False)


def planned(account: Account, digest: str) -> tuple[str, list[str]]:
    """The digest of a plan, and the ids of the change sets that it shows."""
    text = account.make("delivery-plan", f"DIGEST={digest}").stdout
    [plan] = re.findall(r"Plan `([0-9a-f]{64})`", text)
    return plan, re.findall(r"- `(arn:[^`]+)`", text)


def executed(account: Account, change_set: str) -> bool:
    described = account.client("cloudformation").describe_change_set(ChangeSetName=change_set)
    return bool(described["ExecutionStatus"] == "EXECUTE_COMPLETE")


def test_a_plan_that_something_has_overtaken_is_refused_and_nothing_changes(company: Company) -> None:
    prod = company.prod
    before = prod.deployed()
    changed(company, monitoring={"alarm_receivers_elsewhere": True, "p99_latency_ms": 2345})
    digest = company.assembly()
    plan, shown = planned(prod, digest)
    for each in shown:
        prod.client("cloudformation").delete_change_set(ChangeSetName=each)
    refused = prod.make("delivery", f"DIGEST={digest}", f"PLAN={plan}", check=False)
    assert refused.returncode == 2 or "cannot be executed any more" in refused.stderr, refused.stderr
    assert (prod.deployed(), locked(prod)) == (before, False)


def test_other_bytes_than_those_of_the_digest_are_not_deployed(company: Company) -> None:
    before = company.prod.deployed()
    manifest = company.checkout / "build/assembly/manifest.json"
    kept = manifest.read_text(encoding="utf-8")
    manifest.write_text(kept + "\n", encoding="utf-8")
    refused = company.prod.make("delivery", check=False)
    manifest.write_text(kept, encoding="utf-8")
    assert refused.returncode and "is to be deployed" in refused.stderr
    assert (company.prod.deployed(), locked(company.prod)) == (before, False)


def test_a_permission_that_widens_is_shown_before_it_is_deployed(company: Company, bad: str) -> None:
    shown = company.prod.make("delivery-changes", f"DIGEST={bad}").stdout
    assert "bedrock:InvokeModel" in shown


def test_one_comment_of_a_pull_request_shows_what_both_environments_would_get(
    company: Company, bad: str, tmp_path: Path
) -> None:
    for account in company.accounts:
        account.make("delivery-changes", f"DIGEST={bad}")
    with served() as (github, url):
        for _ in range(2):
            company.dev.make("delivery-comment", check=True, **variables(url, tmp_path))
        [comment] = github.comments
    assert github.asked == ["GET", "POST", "GET", "PATCH"]
    for name in ("dev", "prod"):
        assert f"Rubric-{name}-" in comment["body"] or f"`{name}`" in comment["body"]
    assert "bedrock:InvokeModel" in comment["body"]


def test_a_change_whose_smoke_test_fails_is_rolled_back_and_a_second_run_meanwhile_is_refused(
    company: Company, bad: str, tmp_path: Path
) -> None:
    dev = company.dev
    before, model, jobs = dev.deployed(), dev.model(), dev.jobs()
    outcome: list[Any] = []
    first = threading.Thread(
        target=lambda: outcome.append(dev.make("delivery", f"DIGEST={bad}", check=False)), daemon=True
    )
    first.start()
    wait_for("the first run's lock", lambda: locked(dev), timeout=300, every=0.2)
    beside = dev.make("delivery-prepare", check=False)
    elsewhere = _from_another_checkout(dev, tmp_path)
    first.join()
    for refused, why in ((beside, "runs in this checkout"), (elsewhere, "dev is being delivered to by arn:aws:")):
        assert refused.returncode and why in refused.stderr, refused.stderr
    [done] = outcome
    assert done.returncode, done.stdout + done.stderr
    assert "POST /v1/classify: answers 5" in done.stderr or "GET /health?deep=true: answers 5" in done.stderr
    assert "dev was rolled back" in done.stderr
    assert (dev.deployed(), dev.model(), dev.jobs(), locked(dev)) == (before, model, jobs, False)
    dev.make("delivery-smoke")


def _from_another_checkout(account: Account, folder: Path) -> subprocess.CompletedProcess[str]:
    """A second run: its own build folder, with the same assembly."""
    for name in ("assembly", "assembly.sha256"):
        (folder / name).symlink_to(account.checkout / "build" / name)
    python, env = str(account.checkout / ".venv/bin/python"), str(account.settings_file)
    return account.run(python, "-m", "tools.delivery", "prepare", "--env", env, "--build", str(folder), check=False)


def _replace(file: Path, text: str) -> None:
    file.unlink()  # it may be a link to the clone's
    file.write_text(text, encoding="utf-8")
