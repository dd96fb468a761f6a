"""An environment whose isolated training takes everything from a server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.deployment import mirror
from environments.settings import Settings
from ops.commands import mirror as command
from ops.deployment.cloud import Cloud
from tests.unit.ops.mirror.internet import MODEL, Internet, served


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    with served() as internet:
        monkeypatch.setenv("PIP_INDEX_URL", f"{internet.url}/simple")
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("HF_ENDPOINT", internet.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr("ops.mirror.download.time.sleep", lambda _: None)
        yield internet


@pytest.fixture
def isolated(internet: Internet, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """dev's settings, isolated, with a tiny base model, a tiny archive and a lock of two packages."""
    lock = tmp_path / "root" / "model_code" / "training" / "requirements.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(internet.lock())
    dev = cloud.settings
    dataset = dev.data.dataset.model_copy(update={"source": "uci", "url": f"{internet.url}/news.zip", "sha256": None})
    settings = dev.model_copy(
        update={
            "training": dev.training.model_copy(update={"isolated": True, "base_model": MODEL, "model": None}),
            "data": dev.data.model_copy(update={"dataset": dataset}),
        }
    )
    monkeypatch.setattr(Cloud, "settings", settings)
    monkeypatch.setattr(command, "ROOT", tmp_path / "root")
    monkeypatch.setattr(command, "CACHE", tmp_path / "cache")
    wheels_in(tmp_path / "cache", internet, lock)
    return settings


def wheels_in(root: Path, internet: Internet, lock: Path) -> Path:
    """A folder of the mirror that has the wheels already: pip takes seconds."""
    folder = root / mirror.wheels(mirror.digest_of(lock)).removeprefix("mirror/")
    folder.mkdir(parents=True)
    files = {"first-1.0-py3-none-any.whl": "first", "second-2.0-py3-none-any.whl": "second"}
    for file, name in files.items():
        (folder / file).write_bytes(internet.wheels[name])
    (folder / mirror.SUMS).write_text(mirror.sums({file: mirror.digest_of(folder / file) for file in files}))
    return folder
