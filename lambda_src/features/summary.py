"""What the gate's report says of callers and publishers: those with the most texts, by what was counted of them."""

from __future__ import annotations

from typing import Any

from contracts.features import computed
from lambda_src.features.state import ENTITIES, State

MOST = 20
LAYOUT = 1


def document(state: State, *, until: str) -> dict[str, Any]:
    """For each entity how many there are, and the features of the MOST with the most texts. until: counted to, UTC."""
    entities = {}
    for entity in ENTITIES:
        found = [{"id": name, **activity.features()} for name, activity in state.activity[entity].items()]
        found.sort(key=lambda one: (-int(one[computed.TEXTS]), str(one["id"])))
        entities[entity] = {"known": len(found), "most": found[:MOST]}
    return {"layout": LAYOUT, "until": until, "entities": entities}
