"""The AWS actions that a Lambda function's code calls, read from its source."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name

from tests.functions import package
from tests.stacks.conftest import REPOSITORY

# boto3's service name -> IAM's, where they differ.
PREFIXES = {
    "sagemaker-runtime": "sagemaker",
    "bedrock-runtime": "bedrock",
    "stepfunctions": "states",
}
# API operation -> IAM actions, where an operation is not the action of its own name.
ACTIONS = {
    "s3:ListObjectsV2": {"s3:ListBucket"},
    "s3:HeadObject": {"s3:GetObject"},
    "s3:CopyObject": {"s3:GetObject", "s3:PutObject"},
    "s3:CreateMultipartUpload": {"s3:PutObject"},
    "s3:CompleteMultipartUpload": {"s3:PutObject"},
    "s3:UploadPartCopy": {"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"},
    "s3:ListObjectVersions": {"s3:ListBucketVersions"},
    "s3:DeleteObjects": {"s3:DeleteObject", "s3:DeleteObjectVersion"},
    "lambda:Invoke": {"lambda:InvokeFunction"},
    "bedrock:Converse": {"bedrock:InvokeModel"},
}
# "Amazon DynamoDB Transactions: How it works" in its guide: the actions that a transaction's parts need.
TRANSACTION = "dynamodb:TransactWriteItems"
PARTS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
# boto3's own helpers, which are not operations.
HELPERS = {
    ("s3", "upload_fileobj"): "s3:PutObject",
    ("s3", "download_file"): "s3:GetObject",
    ("s3", "download_fileobj"): "s3:GetObject",
}


def source_of(module: str) -> Path | None:
    """The file of a module of lambda_src, or None."""
    found = importlib.util.find_spec(module)
    return Path(found.origin) if found and found.origin else None


def imported(module: str) -> Iterator[str]:
    """The modules of lambda_src that a module imports anywhere in it, itself included."""
    waiting, seen = [module], set[str]()
    while waiting:
        name = waiting.pop()
        path = source_of(name)
        if name in seen or path is None:
            continue
        seen.add(name)
        yield name
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names if alias.name.startswith("lambda_src")]
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lambda_src"):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                waiting += [str(node.module), *(found for found in names if _is_module(found))]


def _is_module(name: str) -> bool:
    parts = name.split(".")
    path = REPOSITORY.joinpath(*parts)
    return path.with_suffix(".py").is_file() or path.is_dir()


@cache
def operations(service: str) -> dict[str, str]:
    """IAM-style action by the name of a boto3 client's method."""
    prefix = PREFIXES.get(service, service)
    names = botocore.session.get_session().get_service_model(service).operation_names
    own = {helper: action for (of, helper), action in HELPERS.items() if of == service}
    return {xform_name(name): f"{prefix}:{name}" for name in names} | own


def actions(function: str, *, without: frozenset[str] = frozenset()) -> set[str]:
    """IAM actions of the boto3 calls in the function's modules; `without`: modules that its settings leave out.

    A call is `<something>.<operation>(...)` of a service that the function makes a client of, or a paginator of one.
    """
    trees = []
    for module in imported(f"{package(function)}.handler"):
        path = source_of(module)
        if path is not None and module not in without:
            trees.append(ast.parse(path.read_text("utf-8")))
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    services = {name for call in calls for name in _client_of(call)}
    known = {method: action for service in services for method, action in operations(service).items()}
    called = {known[name] for call in calls for name in _methods(call) if name in known}
    parts = {PARTS[name] for tree in trees for name in _parts(tree)} if TRANSACTION in called else set()
    return parts | {action for name in called - {TRANSACTION} for action in ACTIONS.get(name, {name})}


def _parts(tree: ast.AST) -> Iterator[str]:
    """The parts of transactions that a module writes down."""
    for node in ast.walk(tree):
        for key in node.keys if isinstance(node, ast.Dict) else ():
            if isinstance(key, ast.Constant) and key.value in PARTS:
                yield str(key.value)


def _client_of(call: ast.Call) -> Iterator[str]:
    function, first = call.func, call.args[0] if call.args else None
    if isinstance(function, ast.Attribute) and function.attr == "client" and isinstance(first, ast.Constant):
        yield str(first.value)


def _methods(call: ast.Call) -> Iterator[str]:
    if not isinstance(call.func, ast.Attribute):
        return
    yield call.func.attr
    if call.func.attr in ("get_paginator", "get_waiter") and call.args and isinstance(call.args[0], ast.Constant):
        yield str(call.args[0].value)
