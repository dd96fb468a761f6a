"""The closed loop on the demo, and the opposite: a poisoned batch of examples changes no model."""

import json
import re
from typing import Any

from tests.e2e.cloud import Cloud


def history(cloud: Cloud, *kinds: str) -> list[dict[str, Any]]:
    chosen = [word for kind in kinds for word in ("--kind", kind)]
    return list(json.loads(cloud.rubric("history", "--since", "1d", "--json", *chosen).stdout))


def test_a_poisoned_batch_is_quarantined_and_changes_no_model(deployed: Cloud, first: str, poisoned: str) -> None:
    assert "80 more rows are in quarantine, none more would be learnt" in " ".join(poisoned.split())
    [decision] = history(deployed, "decision")
    assert "retraining: train" not in decision["what"]
    assert deployed.status()["model_version"] == first
    waits = json.loads(deployed.rubric("data", "review", "--json").stdout)
    assert {row["reason"] for row in waits} == {"too many rows from one untrusted key"}


def test_the_loop_finds_drift_trains_tests_and_serves_a_better_model(deployed: Cloud, first: str, looped: str) -> None:
    second = deployed.status()["model_version"]
    assert second != first and f"{first} was replaced by {second}" in looped
    before, after = (float(share) for share in re.findall(r"the new topics.*?([\d.]+)%.*?([\d.]+)%", looped)[0])
    assert after > before + 20
    [test] = json.loads(deployed.rubric("ab", "list", "--json").stdout)
    assert (test["verdict"], test["champion"]["version"], test["challenger"]["version"]) == ("better", first, second)
    assert deployed.stack_status("Challenger") == "UPDATE_COMPLETE"


def test_the_history_has_every_step_in_order_with_its_cause(deployed: Cloud, first: str, looped: str) -> None:
    second = deployed.status()["model_version"]
    events = history(deployed)
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    said = [f"{event['kind']} {event['what']}" for event in events]
    wanted = [
        r"alarm .*DriftFound.* rings",
        r"decision retraining: train",
        rf"verdict {second} passed the gate",
        rf"approval {second} was registered",
        rf"test .*{second} against {first} began",
        r"test .* ended as better",
        rf"promotion {second} serves",
    ]
    places = [next(at for at, line in enumerate(said) if re.match(each, line)) for each in wanted]
    assert places == sorted(places), "\n".join(said)
    promoted = events[places[-1]]
    assert "A/B test" in promoted["by"]


def test_an_answer_leads_to_the_labels_it_rests_on_and_a_label_to_the_model(
    deployed: Cloud, first: str, looped: str
) -> None:
    second = deployed.status()["model_version"]
    with deployed.api() as api:
        answer = api.post("v1/classify", json={"inputs": "Stablecoins lure savers in Oslo"}).json()
    traced = deployed.rubric("trace", answer["request_id"]).stdout
    assert second in traced and "v1" in traced and "labelling" in traced
    labelled = deployed.client("dynamodb").scan(TableName=deployed.outputs("Data")["LedgerTableName"])["Items"]
    texts = [item["text"]["S"] for item in labelled if item.get("source", {}).get("S") == "labelling"]
    forward = [deployed.rubric("trace", "--text", text).stdout for text in texts[:3]]
    assert any(second in each for each in forward)


def test_going_back_is_one_command(deployed: Cloud, first: str, looped: str) -> None:
    deployed.rubric("models", "rollback")
    assert deployed.status()["model_version"] == first
