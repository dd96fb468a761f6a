"""uv follows pip's settings, and is installed by its hashes."""

import shutil
import sys

import pytest

from tests.unit.tools.setup.making import fake_make
from tools.setup import uv
from tools.setup.commands import Runner


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
