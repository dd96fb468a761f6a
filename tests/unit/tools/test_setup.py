"""tools/setup: what is set up when, how failures read, and that an interrupted run is repaired."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tools.setup import commands, lock, main, node, screen, stamps, torch_build, venvs
from tools.setup.commands import Runner
from tools.setup.errors import SetupError
from tools.setup.venvs import Venv

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "empty.txt").write_text("# nothing to install\n")
    return tmp_path


@pytest.fixture
def venv() -> Venv:
    return Venv(".venv-x", "x", ("empty.txt",), disk_gb=0.01)


def make(venv: Venv, root: Path, doing=lambda _: None) -> None:
    venvs.make(venv, root=root, runner=Runner(root=root), doing=doing, say=lambda _: None)


def fake_make(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Replace what starts programs by one that makes an interpreter appear; the command lines it was given."""
    seen: list[list[str]] = []

    def run(self: Runner, command, **_: object) -> None:
        seen.append([str(part) for part in command])
        if "venv" in seen[-1]:
            python = venvs.python_of(Path(seen[-1][-1]))
            python.parent.mkdir(parents=True, exist_ok=True)
            python.touch()

    monkeypatch.setattr(Runner, "run", run)
    return seen


def test_a_finished_environment_is_current_until_its_requirements_change(root, venv, monkeypatch):
    fake_make(monkeypatch)
    assert not venvs.is_current(venv, root=root)
    make(venv, root)
    assert venvs.is_current(venv, root=root)
    (root / "empty.txt").write_text("# something else\n")
    assert not venvs.is_current(venv, root=root)


def test_a_constraint_file_counts_as_a_requirement_file(root, venv, monkeypatch):
    fake_make(monkeypatch)
    (root / "pins.txt").write_text("a==1\n")
    (root / "empty.txt").write_text("-c pins.txt\n")
    make(venv, root)
    (root / "pins.txt").write_text("a==2\n")
    assert not venvs.is_current(venv, root=root)


def test_an_interrupted_environment_is_made_anew(root, venv, monkeypatch):
    fake_make(monkeypatch)
    folder = root / venv.folder

    def interrupted(text: str) -> None:
        if text.startswith("installing"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(venv, root, doing=interrupted)
    assert stamps.read(folder)["state"] == stamps.INSTALLING
    assert not venvs.is_current(venv, root=root)
    (folder / "half-written").touch()
    make(venv, root)
    assert not (folder / "half-written").exists()
    assert venvs.is_current(venv, root=root)


def test_changed_requirements_are_installed_into_a_sound_environment(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root)
    (root / "empty.txt").write_text("# changed\n")
    (root / venv.folder / "installed-before").touch()
    seen.clear()
    make(venv, root)
    assert (root / venv.folder / "installed-before").exists()
    assert [line[-1] for line in seen] == ["empty.txt"]


def test_an_environment_whose_python_is_gone_is_made_anew(root, venv, monkeypatch):
    seen = fake_make(monkeypatch)
    make(venv, root)
    venvs.python_of(root / venv.folder).unlink()
    assert not venvs.is_current(venv, root=root)
    seen.clear()
    make(venv, root)
    assert "venv" in seen[0]


def test_an_environment_over_another_has_its_packages_last(root, monkeypatch):
    real = Runner.run

    def quickly(self: Runner, command, **options) -> None:
        if "venv" in command:  # without the seconds that pip takes
            real(self, [*command, "--without-pip"], **options)

    monkeypatch.setattr(Runner, "run", quickly)
    monkeypatch.setitem(venvs.VENVS, "below", Venv(".venv-below", "below", ("empty.txt",), disk_gb=0.01))
    above = Venv(".venv-above", "above", ("empty.txt",), disk_gb=0.01, over="below")
    make(above, root)
    make(venvs.VENVS["below"], root)
    own, other = (next((root / name).glob("lib/python*/site-packages")) for name in (above.folder, ".venv-below"))
    for packages, names in ((own, ["both"]), (other, ["both", "only_below"])):
        for name in names:
            (packages / f"{name}.py").write_text(f"where = {packages.parts[-4]!r}\n")
    script = "import both, only_below; print(both.where, only_below.where)"
    found = subprocess.check_output([venvs.python_of(root / above.folder), "-c", script], text=True)
    assert found.split() == [".venv-above", ".venv-below"]


def test_an_environment_that_names_every_package_follows_no_dependencies(root, monkeypatch):
    seen = fake_make(monkeypatch)
    make(Venv(".venv-x", "x", ("empty.txt",), disk_gb=0.01, complete=True), root)
    assert seen[-1][-3:] == ["--no-deps", "-r", "empty.txt"]


def test_torch_comes_first_in_the_version_that_the_environments_own_files_pin(root, monkeypatch):
    seen, asked = fake_make(monkeypatch), {}
    (root / "torch.txt").write_text("numpy==1\ntorch==1.2.3\n")

    def choose(**options: object) -> torch_build.TorchBuild:
        asked.update(options)
        return torch_build.TorchBuild(["torch==1.2.3+cpu"])

    monkeypatch.setattr(torch_build, "choose", choose)
    files = ("empty.txt", "torch.txt")
    make(Venv(".venv-x", "x", files, disk_gb=0.01, torch=True, cpu_only=True, complete=True), root)
    assert (asked["pin"], asked["cpu_only"]) == ("1.2.3", True)
    assert [line[-2:] for line in seen[1:]] == [["--no-deps", "torch==1.2.3+cpu"], ["-r", files[0]], ["-r", files[1]]]
    with pytest.raises(SetupError, match=r"empty.txt: it has no line torch==<version>"):
        make(Venv(".venv-y", "y", ("empty.txt",), disk_gb=0.01, torch=True), root)


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        ([], ["app", "model", "aws"]),
        (["all"], ["app", "model", "aws"]),
        (["notebooks"], ["model", "notebooks"]),
        (["all", "notebooks"], ["app", "model", "aws", "notebooks"]),
        (["aws"], ["aws"]),
        (["huggingface"], ["huggingface"]),
        (["bench", "model"], ["model", "huggingface", "bench"]),
    ],
)
def test_some_are_set_up_on_demand_and_over_others(names, groups):
    assert venvs.chosen(names) == groups


def test_nothing_to_do_takes_no_lock(root, monkeypatch):
    monkeypatch.setattr(main, "pending", lambda groups, root: [])
    assert main.set_up(["app"], root=root) is False
    assert list(root.glob(".setup.lock")) == []


def test_too_little_disk_is_one_line(root, monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1.2e9})())
    with pytest.raises(
        SetupError, match=r"only 1\.2 GB of disk are free at .* about 4\.\d GB are needed: free some space"
    ):
        main.check_disk(["app", "model", "aws"], root=root)


def test_the_first_failure_stops_the_others_and_is_raised(root, monkeypatch, capsys):
    stopped = threading.Event()
    monkeypatch.setattr(Runner, "stop", lambda self: stopped.set())
    monkeypatch.setattr(venvs, "is_current", lambda venv, root: False)

    def fail_or_wait(venv, **_: object) -> None:
        if venv.folder == ".venv-aws":
            raise SetupError("installing failed: the disk is full")
        assert stopped.wait(10)
        raise SetupError("interrupted")

    monkeypatch.setattr(venvs, "make", fail_or_wait)
    with pytest.raises(SetupError, match="disk is full"):
        main.bring_up_to_date(["model", "aws"], root=root, runner=Runner(root=root))
    assert "✗ local AWS" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full: free some space"),
        ("npm error code ENOTFOUND", "the package registry cannot be reached"),
        ("WARNING: x\nERROR: No matching distribution found for nope==1", "no build of nope==1 fits"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not the one that is pinned"),
    ],
)
def test_a_failed_tool_is_explained(root, output, sentence):
    with pytest.raises(SetupError, match=sentence) as caught:
        script = f"import sys; print({output!r}); sys.exit(1)"
        Runner(root=root).run([sys.executable, "-c", script], what="installing x")
    assert str(caught.value).startswith("installing x failed: ")
    assert caught.value.detail == [line for line in output.splitlines() if "rror" in line or "ERROR" in line]


def test_pips_lines_become_activities(root):
    seen: list[str] = []
    lines = [
        "Collecting boto3==1.44.5 (from -r x (line 1))",
        "  Downloading https://host.example/a/boto3-1.44.5-py3-none-any.whl (140 kB)",
        "Requirement already satisfied: six",
        "Installing collected packages: a, b, c",
    ]
    script = f"print({chr(10).join(lines)!r})"
    Runner(root=root).run([sys.executable, "-c", script], what="x", on_activity=seen.append)
    assert seen == [
        "finding boto3==1.44.5",
        "downloading boto3-1.44.5-py3-none-any.whl (140 kB)",
        "unpacking 3 packages",
    ]


def test_stop_ends_what_runs_and_refuses_more(root):
    runner = Runner(root=root)
    failures: list[Exception] = []
    started = threading.Event()

    def run() -> None:
        try:
            script = "import time; print('Collecting x', flush=True); time.sleep(60)"
            runner.run([sys.executable, "-c", script], what="x", on_activity=lambda _: started.set())
        except SetupError as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert started.wait(20)
    runner.stop()
    thread.join(timeout=20)
    assert not thread.is_alive() and failures
    with pytest.raises(SetupError, match="interrupted"):
        runner.run([sys.executable, "-c", ""], what="y")


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
    monkeypatch.setattr(torch_build, "offered_versions", lambda python: "2.14.0, 2.13.0, 2.12.0")
    monkeypatch.setattr(torch_build, "cpu_index_answers", lambda: False)


def chosen() -> torch_build.TorchBuild:
    return torch_build.choose(python=Path("python"), pin="2.13.0")


@pytest.mark.usefixtures("linux")
def test_torch_is_a_cpu_build_where_pips_sources_have_one(monkeypatch):
    monkeypatch.setattr(torch_build, "offered_versions", lambda python: "2.14.0, 2.13.0+cpu, 2.13.0")
    assert chosen().arguments == ["torch==2.13.0+cpu"]


@pytest.mark.usefixtures("linux")
def test_torch_comes_from_pytorchs_cpu_index_where_it_answers(monkeypatch):
    monkeypatch.setattr(torch_build, "cpu_index_answers", lambda: True)
    assert chosen().arguments == ["--index-url", torch_build.CPU_INDEX, "torch==2.13.0+cpu"]


@pytest.mark.usefixtures("linux")
def test_torch_is_the_default_build_with_a_warning_where_nothing_else_can_be_had():
    assert chosen().arguments == ["torch==2.13.0"]
    assert "several GB" in chosen().note


@pytest.mark.usefixtures("linux")
def test_torch_is_the_default_build_on_a_machine_with_a_gpu(monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: True)
    assert chosen() == torch_build.TorchBuild(["torch==2.13.0"])


@pytest.mark.usefixtures("linux")
def test_torch_is_a_cpu_build_on_a_machine_with_a_gpu_where_that_is_asked_for(monkeypatch):
    monkeypatch.setattr(torch_build, "has_nvidia_gpu", lambda: True)
    monkeypatch.setattr(torch_build, "cpu_index_answers", lambda: True)
    build = torch_build.choose(python=Path("python"), pin="2.13.0", cpu_only=True)
    assert build.arguments == ["--index-url", torch_build.CPU_INDEX, "torch==2.13.0+cpu"]


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


def test_plain_output_is_lines_and_a_terminal_is_redrawn(monkeypatch, capsys):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    task = screen.Task("x")
    task.finish()
    plain = screen.Screen([task])
    plain.refresh()
    plain.refresh()
    assert capsys.readouterr().err.count("ready") == 1
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    live = screen.Screen([task])
    live.refresh()
    live.refresh()
    assert "\x1b[1A" in capsys.readouterr().err


def test_activity_ignores_what_says_nothing():
    assert commands.activity("Requirement already satisfied: six in x") is None


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text().splitlines()
    found = [line.split()[0].split("==") for line in lines if "==" in line and not line.startswith(("#", " "))]
    return {key.lower().replace("_", "-"): version for key, version in found}


def test_what_training_and_serving_both_pin_they_pin_alike():
    training = pins("model_code/training/requirements.txt")
    serving = pins("model_code/serving/requirements.txt")
    shared = training.keys() & serving.keys()
    assert shared
    assert {name: training[name] for name in shared} == {name: serving[name] for name in shared}


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-model.txt", "requirements-aws.txt"]
)
def test_every_requirement_is_pinned_exactly(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-c"))]
    assert lines and all("==" in line for line in lines)
