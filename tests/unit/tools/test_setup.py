"""tools/setup: what is set up when, how failures read, and that an interrupted run is repaired."""

import io
import os
import pty
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.setup import commands, lock, main, node, stamps, torch_build, uv, venvs
from tools.setup.commands import Runner, SetupError
from tools.setup.venvs import Venv

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "uv.lock").write_text("version = 1\n")
    return tmp_path


@pytest.fixture
def venv() -> Venv:
    return Venv(".venv-x", "x", "some", disk_gb=0.01)


def make(venv: Venv, root: Path, settings: uv.Settings | None = None) -> None:
    program = uv.Uv(root, settings or uv.Settings())
    venvs.make(venv, uv=program, runner=Runner(root=root), say=lambda _: None)


def fake_make(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Replace what starts programs by one that makes an interpreter appear; the command lines it was given."""
    seen: list[list[str]] = []

    def run(self: Runner, command, **_: object) -> None:
        seen.append([str(part) for part in command][1:])
        if seen[-1][0] == "venv":
            python = venvs.python_of(Path(seen[-1][-1]))
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()
            (python.parents[1] / "pyvenv.cfg").write_text("home = /usr/bin\nuv = 0.13.9\n")

    monkeypatch.setattr(Runner, "run", run)
    return seen


SYNC = ["sync", "--frozen", "--only-group", "some"]


def test_a_finished_environment_is_current_until_the_lock_changes(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    assert not venvs.is_current(venv, root=root)
    make(venv, root)
    assert [line[0] for line in seen] == ["venv", "sync"]
    assert seen[-1] == SYNC
    assert venvs.is_current(venv, root=root)
    (root / "uv.lock").write_text("version = 2\n")
    assert not venvs.is_current(venv, root=root)


def test_another_torch_makes_only_its_environments_stale(root, venv, monkeypatch):
    with_torch = Venv(".venv-x", "x", "some", disk_gb=0.01, torch=True)
    before = [venvs.wanted_digest(each, root=root) for each in (venv, with_torch)]
    monkeypatch.setattr(torch_build, "VERSION", "9.9.9")
    after = [venvs.wanted_digest(each, root=root) for each in (venv, with_torch)]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False]


def test_an_interrupted_environment_is_made_anew(root, venv, monkeypatch):
    fake_make(monkeypatch)
    folder, run = root / venv.folder, Runner.run

    def interrupted(self: Runner, command, **options) -> None:
        if "sync" in command:
            raise KeyboardInterrupt
        run(self, command, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Runner, "run", interrupted)
        make(venv, root)
    assert stamps.read(folder)["state"] == stamps.INSTALLING
    assert not venvs.is_current(venv, root=root)
    (folder / "half-written").touch()
    make(venv, root)
    assert not (folder / "half-written").exists()
    assert venvs.is_current(venv, root=root)


def test_a_changed_lock_is_installed_into_a_sound_environment(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root)
    (root / "uv.lock").write_text("version = 2\n")
    (root / venv.folder / "installed-before").touch()
    seen.clear()
    make(venv, root)
    assert (root / venv.folder / "installed-before").exists()
    assert seen == [SYNC]


def test_an_environment_of_pip_s_is_made_anew(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root)
    (root / venv.folder / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (root / "uv.lock").write_text("version = 2\n")
    seen.clear()
    make(venv, root)
    assert [line[0] for line in seen] == ["venv", "sync"]


def test_an_environment_whose_python_is_gone_is_made_anew(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root)
    venvs.python_of(root / venv.folder).unlink()
    assert not venvs.is_current(venv, root=root)
    seen.clear()
    make(venv, root)
    assert seen[0][0] == "venv"


def test_torch_comes_after_what_the_lock_has_and_the_command_last(root, monkeypatch):
    seen, asked = fake_make(monkeypatch), {}

    def choose(**options: object) -> torch_build.TorchBuild:
        asked.update(options)
        return torch_build.TorchBuild(["torch==1.2.3+cpu"])

    monkeypatch.setattr(torch_build, "choose", choose)
    monkeypatch.setattr(venvs, "_project_table", lambda root: "")
    make(Venv(".venv-x", "x", "some", disk_gb=0.01, torch=True, cpu_only=True, editable=True), root)
    assert (asked["folder"], asked["cpu_only"]) == (root / ".venv-x", True)
    assert [(line[0], line[-1]) for line in seen[1:]] == [
        ("sync", "some"),
        ("--directory", "torch==1.2.3+cpu"),
        ("pip", str(root)),
    ]


def test_a_mirror_gets_the_exported_lock_with_its_hashes(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root, settings=uv.Settings(mirror="https://mirror.example/simple"))
    file = str(root / ".venv-x" / "requirements.txt")
    assert seen[1] == ["export", "--quiet", "--frozen", "--only-group", "some", "--output-file", file]
    assert seen[2][:5] == ["pip", "sync", "--require-hashes", "--default-index", "https://mirror.example/simple"]
    assert seen[2][-1] == file


@pytest.mark.parametrize(
    ("listing", "settings"),
    [
        ("", uv.Settings()),
        (
            "global.find-links='/opt/a'\n:env:.find-links='/opt/b https://c.example/'\nglobal.timeout='9'\nhelp",
            uv.Settings(sources=("--find-links", "/opt/b", "--find-links", "https://c.example/")),
        ),
        (
            "global.index-url='https://pypi.org/simple'\nglobal.cert='/etc/ca.pem'",
            uv.Settings(sources=("--default-index", "https://pypi.org/simple"), certificates="/etc/ca.pem"),
        ),
        (
            "global.index-url='https://a.example/simple'\ninstall.index-url='https://b.example/simple'\nglobal.no-index='x'",
            uv.Settings(sources=("--default-index", "https://b.example/simple"), mirror="https://b.example/simple"),
        ),
    ],
)
def test_what_pip_is_told_holds_for_uv(listing, settings):
    assert uv.pip_settings(listing) == settings


def test_uv_itself_is_installed_by_its_hashes_once(root, monkeypatch):
    seen = fake_make(monkeypatch)
    (root / uv.REQUIREMENTS).parent.mkdir(parents=True)
    (root / uv.REQUIREMENTS).write_text("uv==1\n")
    (root / uv.FOLDER / "bin").mkdir(parents=True)
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    uv.make(root=root, runner=Runner(root=root))
    assert "--require-hashes" in seen[-1] and "--no-deps" in seen[-1]
    assert not uv.is_current(root=root)
    uv.Uv(root).program.touch()
    assert uv.is_current(root=root)
    (root / uv.REQUIREMENTS).write_text("uv==2\n")
    assert not uv.is_current(root=root)


def test_uv_takes_this_python_and_downloads_none(root):
    environ = uv.Uv(root, uv.Settings(certificates="/etc/ca.pem")).environ(root / ".venv-x")
    assert environ["UV_PYTHON"] == sys.executable
    assert environ["UV_PYTHON_DOWNLOADS"] == "never"
    assert environ["UV_PROJECT_ENVIRONMENT"] == str(root / ".venv-x")
    assert environ["SSL_CERT_FILE"] == "/etc/ca.pem"


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        ([], ["app", "model", "aws"]),
        (["all"], ["app", "model", "aws"]),
        (["notebooks"], ["notebooks"]),
        (["all", "notebooks"], ["app", "model", "aws", "notebooks"]),
        (["aws"], ["aws"]),
        (["huggingface"], ["huggingface"]),
        (["bench", "model"], ["model", "huggingface", "bench"]),
    ],
)
def test_some_are_set_up_on_demand_and_bench_with_what_it_starts(names, groups):
    assert venvs.chosen(names) == groups


def test_nothing_to_do_takes_no_lock(root, monkeypatch):
    monkeypatch.setattr(main, "pending", lambda groups, root: [])
    monkeypatch.setattr(uv, "is_current", lambda root: True)
    assert main.set_up(["app"], root=root) is False
    assert list(root.glob(".setup.lock")) == []


def test_a_missing_uv_is_brought_back_to_environments_that_are_up_to_date(root, monkeypatch):
    monkeypatch.setattr(main, "pending", lambda groups, root: [])
    monkeypatch.setattr(uv, "is_current", lambda root: False)
    seen: list[list[str]] = []
    monkeypatch.setattr(main, "bring_up_to_date", lambda stale, **_: seen.append(stale))
    assert main.set_up(["app"], root=root) is True
    assert seen == [[]]


def test_too_little_disk_is_one_line(root, monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1.2e9})())
    with pytest.raises(
        SetupError, match=r"only 1\.2 GB of disk are free at .* about 4\.\d GB are needed: free some space"
    ):
        main.check_disk(["app", "model", "aws"], root=root)


def test_a_failure_ends_the_setup_in_one_line(root, monkeypatch, capsys):
    made: list[str] = []

    def fail(venv: Venv, **_: object) -> None:
        made.append(venv.folder)
        raise SetupError("setting up .venv-model failed: the disk is full: free some space")

    monkeypatch.setattr(venvs, "make", fail)
    monkeypatch.setattr(uv, "is_current", lambda root: True)
    monkeypatch.setattr(uv, "ready", uv.Uv)
    monkeypatch.setattr(main, "ROOT", root)
    assert main.main(["model", "aws"]) == 1
    assert made == [".venv-model"]
    assert capsys.readouterr().err.splitlines()[-1] == (
        "setup: setting up .venv-model failed: the disk is full: free some space"
    )


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full: free some space"),
        ("npm error code ENOTFOUND", "the package registry cannot be reached"),
        ("WARNING: x\nERROR: No matching distribution found for nope==1", "no build of nope==1 fits"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not the one that is pinned"),
        ("error: Hash mismatch for `x==1`", "not the one that is pinned"),
        ("error: Request failed after 3 retries\n  cause: dns error", "the package registry cannot be reached"),
        ("error: Failed to fetch\n  cause: invalid peer certificate: UnknownIssuer", "SSL_CERT_FILE"),
    ],
)
def test_a_failed_tool_is_explained(root, output, sentence):
    with pytest.raises(SetupError, match=sentence) as caught:
        script = f"import sys; print({output!r}); sys.exit(1)"
        Runner(root=root).run([sys.executable, "-c", script], what="installing x")
    assert str(caught.value).startswith("installing x failed: ")
    assert "\n" not in str(caught.value)


LINES = " Downloaded numpy\nInstalled 2 packages in 30ms\n + numpy==2.4.6\n \x1b[32m+\x1b[39m é==1\n - old==1\nlast"


@pytest.mark.parametrize("size", [1, 3, 4096])
def test_a_tool_s_lines_are_shown_but_for_the_list_of_packages(root, capsys, monkeypatch, size):
    read = os.read
    monkeypatch.setattr(os, "read", lambda source, most: read(source, min(size, most)))
    Runner(root=root).run([sys.executable, "-c", f"import os; os.write(1, {LINES.encode()!r})"], what="x")
    assert capsys.readouterr().err == " Downloaded numpy\nInstalled 2 packages in 30ms\nlast"


def test_a_tool_writes_to_a_terminal_where_we_have_one(root, capsys, monkeypatch):
    script = "import os; print(os.isatty(1), os.isatty(2))"
    Runner(root=root).run([sys.executable, "-c", script], what="x")
    ours, _ = pty.openpty()
    terminal = Terminal(ours)
    monkeypatch.setattr(sys, "stderr", terminal)
    Runner(root=root).run([sys.executable, "-c", script], what="x")
    assert capsys.readouterr().err + terminal.getvalue().replace("\r", "") == "False False\nTrue True\n"


class Terminal(io.StringIO):
    """A standard error that is the terminal of this file descriptor, and keeps what is written."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor


def test_an_interrupt_ends_what_runs(root, monkeypatch):
    def interrupted(source: int) -> str:
        os.read(source, 1)
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "_shown", interrupted)
    script = f"import os, pathlib, time; pathlib.Path({str(root / 'id')!r}).write_text(str(os.getpid()))\n"
    with pytest.raises(KeyboardInterrupt):
        Runner(root=root).run([sys.executable, "-c", script + "print('.', flush=True); time.sleep(60)"], what="x")
    with pytest.raises(ProcessLookupError):
        os.kill(int((root / "id").read_text()), 0)


def test_a_second_setup_waits_for_the_first(tmp_path):
    path, order = tmp_path / "lock", []
    waiting = threading.Event()

    def second() -> None:
        def on_wait(holder: str) -> None:
            order.append(holder)
            waiting.set()

        with lock.held(path, on_wait=on_wait):
            order.append("second")

    with lock.held(path, on_wait=lambda _: pytest.fail("nobody holds it")):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        order.append("first ends")
    thread.join(timeout=10)
    assert order == [str(os.getpid()), "first ends", "second"]


def test_a_child_keeps_the_lock_of_a_killed_parent(tmp_path):
    path = tmp_path / "lock"
    script = (
        "import os, subprocess, sys; from pathlib import Path; from tools.setup import lock\n"
        f"with lock.held(Path({str(path)!r}), on_wait=print) as handle:\n"
        "    subprocess.Popen([sys.executable, '-c', 'input()'], stdin=0, pass_fds=[handle])\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE)
    assert parent.wait(timeout=30) == -9
    waited: list[str] = []

    def release(holder: str) -> None:
        waited.append(holder)
        assert parent.stdin is not None
        parent.stdin.close()

    with lock.held(path, on_wait=release):
        assert waited == [str(parent.pid)]


@pytest.fixture
def linux(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(torch_build, "is_offered", lambda wanted, **_: False)
    monkeypatch.setattr(torch_build, "cpu_index_answers", lambda: False)


LINKS = ("--find-links", "/opt/wheels")


def chosen(**options: bool) -> torch_build.TorchBuild:
    return torch_build.choose(uv=uv.Uv(Path("/clone"), uv.Settings(LINKS)), folder=Path("/clone/.venv-x"), **options)


@pytest.mark.usefixtures("linux")
def test_torch_is_a_cpu_build_where_pips_sources_have_one(monkeypatch):
    monkeypatch.setattr(torch_build, "is_offered", lambda wanted, **_: wanted == "torch==2.13.0+cpu")
    assert chosen().arguments == ["--no-index", *LINKS, "torch==2.13.0+cpu"]
    monkeypatch.setattr(torch_build, "is_offered", lambda wanted, sources, **_: "--no-index" not in sources)
    assert chosen().arguments == [*LINKS, "torch==2.13.0+cpu"]


@pytest.mark.usefixtures("linux")
def test_torch_comes_from_pytorchs_cpu_index_where_it_answers(monkeypatch):
    monkeypatch.setattr(torch_build, "cpu_index_answers", lambda: True)
    assert chosen().arguments == ["--default-index", torch_build.CPU_INDEX, "torch==2.13.0+cpu"]


@pytest.mark.usefixtures("linux")
def test_torch_is_the_default_build_with_a_warning_where_nothing_else_can_be_had():
    assert chosen().arguments == [*LINKS, "torch==2.13.0"]
    assert "several GB" in chosen().note


@pytest.mark.usefixtures("linux")
def test_torch_is_the_default_build_on_a_machine_with_a_gpu(monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: True)
    assert chosen() == torch_build.TorchBuild([*LINKS, "torch==2.13.0"])


@pytest.mark.usefixtures("linux")
def test_torch_is_a_cpu_build_on_a_machine_with_a_gpu_where_that_is_asked_for(monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: True)
    monkeypatch.setattr(torch_build, "cpu_index_answers", lambda: True)
    assert chosen(cpu_only=True).arguments == ["--default-index", torch_build.CPU_INDEX, "torch==2.13.0+cpu"]


def test_an_nvidia_gpu_needs_more_than_the_program(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert not torch_build.has_nvidia_gpu()
    program.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA'\n")
    assert torch_build.has_nvidia_gpu()


def test_the_cdk_command_line_is_current_only_when_whole(root):
    (root / "package.json").write_text("{}")
    assert not node.is_current(root=root)
    program = root / "node_modules/.bin/cdk"
    program.parent.mkdir(parents=True)
    program.touch()
    assert not node.is_current(root=root)  # an interrupted npm leaves files but no stamp
    stamps.write(root / "node_modules", state=stamps.COMPLETE, digest=node._digest(root))
    assert node.is_current(root=root)
    (root / "package.json").write_text('{"a": 1}')
    assert not node.is_current(root=root)
