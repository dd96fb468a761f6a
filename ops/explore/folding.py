"""What the next dataset version would hold: the ledger folded by the model environment."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts.datasets import manifest
from contracts.datasets.manifest import Manifest
from contracts.models.progress import Progress
from ops.datasets import base
from ops.datasets.stores import erasure_key, ledger_of, versions_of
from ops.datasets.versions import Stored
from ops.deployment.cloud import Cloud
from ops.errors import OpsError
from ops.explore import model_process

SCRIPT = model_process.SCRIPTS / "freeze.py"
FOLDED_FILE, PENDING_FILE = "folded.json", "pending.jsonl"


@dataclass(frozen=True)
class Next:
    """The next version as `model_code/training/freeze.py` describes it. pending: rows of the ledger not in it."""

    parent: Stored | None
    described: dict[str, Any]
    content: bytes
    pending: list[dict[str, Any]] = field(default_factory=list)
    tombstones: frozenset[str] = frozenset()

    @property
    def changes(self) -> bool:
        """Whether it differs from its parent."""
        return self.parent is None or self.described["sha256"] != self.parent.manifest["file"]["sha256"]

    def manifest(self, *, labels_sha256: str) -> Manifest:
        """The manifest to store."""
        parent = self.parent.name if self.parent else None
        return manifest.following(
            self.described,
            version=manifest.after(parent),
            parent=parent,
            created=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            labels_sha256=labels_sha256,
        )


def fold(cloud: Cloud, folder: Path, *, dataset: str | None = None) -> Generator[Progress | Next]:
    """Yield progress, then the next version. folder: for files on the way. Raises OpsError with the reason.

    dataset: rows that join the newest version, or that the first is made of (without it, the environment's dataset).
    """
    parent, table = versions_of(cloud).newest(), ledger_of(cloud)
    request: dict[str, Any] = {**_settings(cloud), "events": str(folder / "events.jsonl")}
    yield Progress("fetch", 0, 1)
    if parent is not None:
        request["parent"] = str(folder / f"parent-{manifest.ROWS_FILE}")
        versions_of(cloud).download(parent, Path(request["parent"]))
    if parent is None or dataset is not None:
        request["dataset"] = str(base.bring(cloud, dataset, folder=folder))
    counted: list[int] = []
    erased = table.dump(folder / "events.jsonl", show=counted.append)
    if erased:
        request |= {"erased": sorted(erased), "erasure_key": erasure_key(cloud).hex()}
    yield Progress("fetch", 1, 1, f"events={counted[-1]}")
    asked = folder / "request.json"
    asked.write_text(json.dumps(request), encoding="utf-8")
    arguments = [str(asked), "--folder", str(folder)]
    yield from model_process.run(SCRIPT, arguments, folder=folder, what="Folding the ledger")
    pending = (folder / PENDING_FILE).read_text(encoding="utf-8").splitlines()
    yield Next(
        parent=parent,
        described=json.loads((folder / FOLDED_FILE).read_text(encoding="utf-8")),
        content=(folder / manifest.ROWS_FILE).read_bytes(),
        pending=[json.loads(line) for line in pending],
        tombstones=frozenset(erased),
    )


def freeze(cloud: Cloud, following: Next) -> Stored:
    """Store the next version. Raises OpsError if somebody froze or erased something since it was folded."""
    versions, parent = versions_of(cloud), following.parent.name if following.parent else None

    def check() -> None:
        newest = next(reversed(versions.names()), None)
        if newest != parent:
            raise OpsError(f"{newest or 'A version'} was made in the meantime: freeze again")
        if ledger_of(cloud).tombstones() - following.tombstones:
            raise OpsError("Somebody erased texts in the meantime: freeze again, so that they do not come back")

    document = following.manifest(labels_sha256=cloud.settings.data.labels.mapping.sha256)
    return versions.store(document, following.content, check=check)


def _settings(cloud: Cloud) -> dict[str, Any]:
    settings = cloud.settings
    own, dataset = settings.training.hyperparameters, settings.data.dataset
    columns = {name: getattr(dataset, name) for name in ("text_column", "label_column", "encoding", "time_format")}
    return {
        "labels": settings.data.labels.mapping.document(),
        "columns": {name: value for name, value in columns.items() if value},
        "key_share": settings.data.untrusted_share,
        "seed": own.seed,
        "valid_fraction": own.valid_fraction,
        "test_fraction": own.test_fraction,
    }


def find(pending: Sequence[dict[str, Any]], prefix: str) -> dict[str, Any]:
    """The row that waits and whose id begins so. Raises OpsError if there is none or more than one."""
    found = [row for row in pending if row["row_id"].startswith(prefix.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        raise OpsError(f"{len(found)} rows that wait begin with {prefix[:20]!r}: give more letters of the id")
    raise OpsError(f"No row that waits begins with {prefix[:20]!r}: `rubric data review` lists them")
