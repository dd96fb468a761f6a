"""A live A/B test on the whole system: what callers see, deploy and diff meanwhile, a destroy that leaves nothing."""

import json

from tests.e2e.cloud import Cloud, wait_for

TEXTS = [f"Quantum processors set a record near town {number}" for number in range(40)]


def variants(cloud: Cloud) -> dict[str, str]:
    """Which model answered each text."""
    with cloud.api() as api:
        answer = api.post("v1/classify", json={"inputs": TEXTS}).json()
    return {text: each.get("variant", "") for text, each in zip(TEXTS, answer["predictions"], strict=True)}


def test_both_models_answer_and_a_text_always_gets_the_same(deployed: Cloud, first: str, looped: str) -> None:
    [test] = json.loads(deployed.rubric("ab", "list", "--json").stdout)
    assert deployed.status()["model_version"] == first, "the test before has rolled back"
    challenger = test["challenger"]["version"]
    deployed.rubric("ab", "start", challenger, "--mode", "live", "--share", "0.5", "--yes")
    running = json.loads(deployed.rubric("ab", "status", "--json").stdout)
    assert (running["phase"], running["plan"]["share"]) == ("running", 0.5)
    found = wait_for("both variants", lambda: set(variants(deployed).values()) == {"champion", "challenger"} or None)
    assert found
    once = variants(deployed)
    assert variants(deployed) == once
    refused = deployed.rubric("ab", "start", challenger, "--mode", "replay", "--yes", check=False)
    assert refused.returncode and "runs already" in refused.stderr


def test_a_deploy_and_a_diff_leave_the_test_alone(deployed: Cloud, looped: str) -> None:
    sagemaker = deployed.client("sagemaker")
    before = sagemaker.describe_endpoint(EndpointName="rubric-local-challenger")
    assert deployed.cdk("diff", "--all").returncode == 0
    deployed.cdk("deploy", "--all", "--require-approval", "never", timeout=600)
    after = sagemaker.describe_endpoint(EndpointName="rubric-local-challenger")
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", before["EndpointConfigName"])
    assert set(variants(deployed).values()) == {"champion", "challenger"}


def test_a_destroy_meanwhile_leaves_nothing_behind(deployed: Cloud, looped: str) -> None:
    deployed.local("destroy", timeout=300)
    left = deployed.local("leftovers", "--json", check=False)
    assert json.loads(left.stdout)["left"] == 0, left.stdout
