"""Tests the access key id of a state folder, and that other users cannot read it."""

from __future__ import annotations

import base64
import os
import threading
from pathlib import Path

import pytest

from local_aws import access_key, private_folder
from local_aws.command import variables
from local_aws.command.errors import CommandError
from local_aws.command.state_folder import StateFolder


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_it_is_kept_and_another_folder_has_another(tmp_path: Path) -> None:
    first = access_key.of(tmp_path / "one")
    assert access_key.of(tmp_path / "one") == first
    assert access_key.of(tmp_path / "two") != first


def test_it_has_128_random_bits_and_a_form_that_aws_allows(tmp_path: Path) -> None:
    keys = [access_key.of(tmp_path / str(number)) for number in range(200)]
    drawn = [base64.b32decode(key.removeprefix("LOCAL")) for key in keys]
    assert {len(each) * 8 for each in drawn} == {160}
    # Each bit is either in about half of them: one that never changes is 2^-200.
    together = [sum(byte >> bit & 1 for byte in column) for column in zip(*drawn, strict=True) for bit in range(8)]
    assert all(50 < ones < 150 for ones in together)
    assert all(16 <= len(key) <= 128 and key.isalnum() for key in keys)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_folder_and_file_are_the_users_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        access_key.of(tmp_path / "state")
    finally:
        os.umask(before)
    assert mode(tmp_path / "state") == 0o700
    assert mode(tmp_path / "state" / access_key.FILE) & 0o077 == 0


def test_a_folder_of_before_is_made_the_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    (folder / "logs").mkdir(parents=True)
    folder.chmod(0o777)
    (folder / "logs" / "server.log").write_text("texts")
    access_key.of(folder)
    assert mode(folder) == 0o700
    assert (folder / "logs" / "server.log").read_text() == "texts"


def test_a_file_system_without_permissions_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    with pytest.raises(private_folder.NotPrivateError, match="keeps no permissions: use a folder on another one"):
        private_folder.make(tmp_path / "state")


def test_a_folder_of_another_user_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def chmod(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", chmod)
    with pytest.raises(private_folder.NotPrivateError, match="belongs to another user: use a folder of yours"):
        private_folder.make(tmp_path / "state")


@pytest.mark.parametrize("content", ["", "test", "LOCALSHORT", "LOCAL" + "A" * 32 + "\nmore", "ÿ"])
def test_a_file_that_holds_something_else_is_one_line(folder: StateFolder, content: str) -> None:
    folder.path.mkdir()
    (folder.path / access_key.FILE).write_text(content, encoding="latin-1")
    with pytest.raises(CommandError, match="--forget` to get another"):
        variables.shell_lines(folder)


def test_those_who_ask_at_the_same_time_get_the_same(tmp_path: Path) -> None:
    result: list[str] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        result.append(access_key.of(tmp_path / "state"))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(result) == 8
    assert len(set(result)) == 1
    assert [path.name for path in (tmp_path / "state").iterdir()] == [access_key.FILE]


def test_one_that_is_there_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = access_key.of(tmp_path)
    # As for a reader that looked just before it was written.
    monkeypatch.setattr(Path, "exists", lambda _: False)
    assert access_key.of(tmp_path) == first


def test_env_prints_it_and_takes_away_ones_own_session(folder: StateFolder) -> None:
    lines = variables.shell_lines(folder).splitlines()
    assert f"export AWS_ACCESS_KEY_ID={folder.access_key}" in lines
    assert f"export AWS_ENDPOINT_URL={folder.endpoint_url}" in lines
    assert "AWS_SESSION_TOKEN" in lines[0]
