"""Which logged texts can be compared. No I/O."""

from __future__ import annotations

from typing import cast

from contracts.logs import audit
from contracts.logs.audit import Given
from contracts.logs.request_log import Item
from contracts.texts import text_normalization


def identity_of(item: Item, *, version: str) -> str:
    """The same for each text that is the same but for its spelling; "" for one that cannot be compared.

    It must be stored and answered by this model version. It must not be of the audit sample, whose labels must stay
    those of a random part of all texts, and not of the texts on which two models differ. Nor may it have a label that
    counts: it was chosen for that because a model was uncertain about it, and a model may have learnt the label. Other
    labels take no text out of a test: neither do they decide it.
    """
    text = text_normalization.normalised(item.get("text", ""))
    if not text or item.get("audit") or audit.trusted(cast(dict[str, Given], item.get("given"))):
        return ""
    if not item.get("label") or item.get("model_version") != version:
        return ""
    return text_normalization.text_id(text)
