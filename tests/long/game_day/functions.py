"""Faults of Lambda functions, as a bad deploy or somebody in the console causes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.cloud import Cloud, wait_for
from tests.functions import name_of

ALIAS = "live"


class Functions:
    """The deployed functions by their folders in lambda_src."""

    def __init__(self, cloud: Cloud) -> None:
        self.client: Any = cloud.client("lambda")
        pages = self.client.get_paginator("list_functions").paginate()
        ours = [each for page in pages for each in page["Functions"] if each["Handler"].startswith("lambda_src.")]
        self.names = {name_of(each["Handler"]): each["FunctionName"] for each in ours}

    @contextmanager
    def changed(self, folder: str, **change: Any) -> Iterator[None]:
        """Deploys another configuration, under the alias as well if the function has one; puts it back at the end."""
        name = self.names[folder]
        before = self.client.get_function_configuration(FunctionName=name)
        served = self._served(name)
        self._deploy(name, change, alias=served is not None)
        try:
            yield
        finally:
            self.client.update_function_configuration(FunctionName=name, **{key: before[key] for key in change})
            self._updated(name)
            if served is not None:
                self.client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=served)

    @contextmanager
    def broken(self, folder: str) -> Iterator[None]:
        """The function cannot start."""
        with self.changed(folder, Handler="lambda_src.gone.handler.handler"):
            yield

    @contextmanager
    def limited(self, folder: str) -> Iterator[None]:
        """The function may not run at all."""
        self.client.put_function_concurrency(FunctionName=self.names[folder], ReservedConcurrentExecutions=0)
        try:
            yield
        finally:
            self.client.delete_function_concurrency(FunctionName=self.names[folder])

    def variable(self, folder: str, name: str, value: str) -> dict[str, Any]:
        """A change of one environment variable, for `changed`."""
        before = self.client.get_function_configuration(FunctionName=self.names[folder])["Environment"]["Variables"]
        return {"Environment": {"Variables": {**before, name: value}}}

    def call(self, folder: str) -> None:
        """Calls the function as the service that owns it would, whatever becomes of it."""
        try:
            self.client.invoke(FunctionName=self.names[folder], Payload=b"{}")
        except self.client.exceptions.TooManyRequestsException:
            return

    def _served(self, name: str) -> str | None:
        aliases = self.client.list_aliases(FunctionName=name)["Aliases"]
        return next((str(each["FunctionVersion"]) for each in aliases if each["Name"] == ALIAS), None)

    def _deploy(self, name: str, change: dict[str, Any], *, alias: bool) -> None:
        self.client.update_function_configuration(FunctionName=name, **change)
        self._updated(name)
        if alias:
            version = self.client.publish_version(FunctionName=name)["Version"]
            self.client.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)

    def _updated(self, name: str) -> None:
        def done() -> bool:
            configuration = self.client.get_function_configuration(FunctionName=name)
            return configuration.get("LastUpdateStatus", "Successful") == "Successful"

        wait_for(f"the update of {name}", done, timeout=30, every=0.2)
