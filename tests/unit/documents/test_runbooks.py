"""The runbooks have one form, and their commands, options and placeholders exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import typer.main
from botocore import xform_name

from ops.main import app
from ops.monitoring import runbook_names, runbooks
from tests.functions import FUNCTIONS
from tests.unit.documents.markdown import ROOT, prose

PAGES = [*runbooks.pages(ROOT).values(), runbooks.folder(ROOT) / "README.md"]
HEADINGS = ["What it means", "What to look at", "What to do"]
SESSION = botocore.session.get_session()
RUBRIC = typer.main.get_command(app)
# Options of every command of the AWS CLI, and commands that it has beside the services' operations.
GLOBAL = {"--query", "--output", "--max-items"}
OWN = {"logs tail": {"--since", "--follow", "--filter-pattern", "--format"}}
CODE = re.compile(r"`((?:rubric|aws|make) [^`]+)`")


def commands(text: str) -> Iterator[str]:
    """The commands of a page: lines of its code blocks, and code in its sentences."""
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL):
        yield from (line.strip() for line in block.splitlines())
    for _, line in prose(text):
        yield from CODE.findall(line)


def fault(command: str) -> str:
    """Why a command cannot be run, or ""."""
    # What the shell fills in is one word; a redirection ends the command.
    words = shlex.split(re.sub(r"\$\(\(.*?\)\)|\$\([^)]*\)", "1", command.partition(" > ")[0]), comments=True)
    judges = {"rubric": rubric_fault, "aws": aws_fault, "make": make_fault}
    if words[0] not in judges:
        return f"{words[0]} is not a program of these pages"
    return judges[words[0]](words[1:])


def rubric_fault(words: list[str]) -> str:
    command: Any = RUBRIC
    while words:
        word, *words = words
        if word.startswith("-"):
            options = {opt: param for param in command.params for opt in (*param.opts, *param.secondary_opts)}
            if word not in options:
                return f"{command.name} has no option {word}"
            if not getattr(options[word], "is_flag", False):
                words = words[1:]
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return f"{command.name} has no command {word}"
            command = command.commands[word]
        elif not any(param.param_type_name == "argument" for param in command.params):
            return f"{command.name} takes no argument"
    return ""


def aws_fault(words: list[str]) -> str:
    service, operation, *rest = words
    service = {"s3api": "s3"}.get(service, service)  # the CLI's name of S3's operations
    options = {word.partition("=")[0] for word in rest if word.startswith("--")} - GLOBAL
    if operation == "wait":
        known = {name.replace("_", "-") for name in waiters(service)}
        return "" if rest[0] in known else f"{service} has no waiter {rest[0]}"
    if f"{service} {operation}" in OWN:
        return ", ".join(sorted(options - OWN[f"{service} {operation}"]))
    model = service_model(service)
    if model is None:
        return f"there is no service {service}"
    by_name = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in by_name:
        return f"{service} has no operation {operation}"
    shape = model.operation_model(by_name[operation]).input_shape
    known = {f"--{xform_name(member, '-')}" for member in shape.members} if shape else set()
    missing = {f"--{xform_name(member, '-')}" for member in shape.required_members} - options if shape else set()
    return ", ".join([*sorted(options - known), *(f"{each} is missing" for each in sorted(missing))])


@cache
def service_model(service: str) -> Any:
    """botocore's model of a service, or None."""
    return SESSION.get_service_model(service) if service in SESSION.get_available_services() else None


@cache
def waiters(service: str) -> list[str]:
    return [xform_name(name) for name in SESSION.get_waiter_model(service).waiter_names]


def make_fault(words: list[str]) -> str:
    targets = set(re.findall(r"^([\w-]+(?: [\w-]+)*):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    known = {name for line in targets for name in line.split()}
    return "" if words[0] in known else f"there is no target {words[0]}"


def unknown(text: str) -> list[str]:
    """Placeholders that `rubric runbook` cannot fill."""
    functions = {f"{kind}{name}" for kind in ("function ", "log group ") for name in FUNCTIONS}
    return sorted({*runbooks.placeholders(text)} - functions - set(runbook_names.PLACEHOLDERS))


@pytest.mark.parametrize("page", PAGES[:-1], ids=lambda page: page.stem)
def test_a_page_has_the_three_parts(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.startswith(f"# {page.stem}\n")
    assert [line.removeprefix("## ") for _, line in prose(text) if line.startswith("## ")] == HEADINGS
    assert runbooks.meaning(text).endswith(".")
    [look] = re.findall(r"## What to look at\n(.*?)\n## ", text, flags=re.DOTALL)
    assert list(commands(look))
    assert re.search(r"^The alarm (itself )?ends|^It does not end", text, flags=re.MULTILINE), "when does it end?"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_exist_with_their_options(page: Path) -> None:
    found = {command: fault(command) for command in commands(page.read_text("utf-8"))}
    assert found
    assert {command: why for command, why in found.items() if why} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_placeholder_has_a_name_in_an_environment(page: Path) -> None:
    assert unknown(page.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("rubric --env <env> statuses", "no command statuses"),
        ("rubric --env <env> parked --undo", "no option --undo"),
        ("rubric status VERSION", "takes no argument"),
        ("aws sqs receive-message", "--queue-url is missing"),
        ("aws sqs receive-message --queue-url 1 --number 2", "--number"),
        ("aws dynamo list-tables", "no service dynamo"),
        ("aws dynamodb tables", "no operation tables"),
        ("aws cloudformation wait stack-gone --stack-name x", "no waiter stack-gone"),
        ("aws logs tail x --last 1h", "--last"),
        ("make deployed", "no target deployed"),
        ("kubectl get pods", "not a program"),
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str, why: str) -> None:
    assert why in fault(command)


def test_a_placeholder_that_nothing_fills_is_found() -> None:
    assert unknown("`<env>` `<function classify>` `<function gone>` `<table gone>`") == ["function gone", "table gone"]


def test_the_page_of_each_table_says_who_uses_that_table() -> None:
    """A step that stands in the pages of all tables says nothing about the one that is throttled."""
    users = {}
    for name, path in runbooks.pages(ROOT).items():
        if name.endswith("ThrottleEvents"):
            said = re.search(r"^2\. (.+)$", path.read_text("utf-8"), flags=re.MULTILINE)
            assert said is not None, name
            users[name] = said[1]
    assert len(users) > 10
    assert sorted(set(users.values())) == sorted(users.values())
