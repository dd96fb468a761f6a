"""The containers of one endpoint configuration: a model server process for each production variant."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from local_aws.common.store import Record, Store
from local_aws.containers import ContainerFailure, ContainerResponse
from local_aws.sagemaker import networks

_PING_TIMEOUT = 240.0  # seconds, if the variant does not set ContainerStartupHealthCheckTimeoutInSeconds


class Container(Protocol):
    """The parts of containers.ModelContainer that a fleet needs."""

    @property
    def healthy(self) -> bool: ...

    @property
    def pid(self) -> int | None: ...

    def start(self, *, timeout: float) -> None: ...

    def invoke(self, *, body: bytes, headers: dict[str, str], timeout: float) -> ContainerResponse: ...

    def stop(self) -> None: ...


MakeContainer = Callable[..., Container]


class Variant:
    """A running production variant: its container, its weight and the name of its log stream."""

    def __init__(self, configured: dict[str, Any], *, weight: float, count: int) -> None:
        self.name: str = configured["VariantName"]
        self.weight = weight
        self.count = max(1, count)
        self.instance = f"i-{secrets.token_hex(9)[:17]}"
        self.ping_timeout = float(configured.get("ContainerStartupHealthCheckTimeoutInSeconds", _PING_TIMEOUT))
        self.container: Container | None = None

    @property
    def stream(self) -> str:
        return f"{self.name}/{self.instance}"


class Fleet:
    """Create a fleet, `start` it (blocking), `stop` it. A fleet that fails to start is already stopped."""

    def __init__(
        self, endpoint: Record, config: Record, variants: list[Record], *, store: Store, make: MakeContainer
    ) -> None:
        self.config: Record = config
        self._endpoint: str = endpoint["EndpointName"]
        self._store = store
        self._make = make
        self._stopping = threading.Event()
        states = {variant["VariantName"]: variant for variant in variants}
        self.variants: dict[str, Variant] = {}
        for configured in config["ProductionVariants"]:
            state = states[configured["VariantName"]]
            weight = float(state["DesiredWeight"])
            count = state.get("DesiredInstanceCount", 1)
            self.variants[configured["VariantName"]] = Variant(configured, weight=weight, count=count)

    def start(self, workdir: Path) -> None:
        """Start every variant; returns once all answer /ping. Raises ContainerFailure."""
        try:
            for configured in self.config["ProductionVariants"]:
                if "ModelName" not in configured:  # its models come as inference components
                    continue
                variant = self.variants[configured["VariantName"]]
                definition = container_definition(self._store, configured["ModelName"])
                definition["VolumeKmsKeyId"] = self.config.get("KmsKeyId")
                if self.config.get("ExecutionRoleArn"):
                    definition["ExecutionRoleArn"] = self.config["ExecutionRoleArn"]
                if self.config.get("EnableNetworkIsolation"):
                    definition["EnableNetworkIsolation"] = True
                folder = workdir / self._endpoint / f"{variant.name}-{variant.instance}"
                variant.container = self._make(self._endpoint, variant, definition, folder)
            self._start_all()
        except BaseException:
            self.stop()
            raise

    def _start_all(self) -> None:
        with ThreadPoolExecutor(max_workers=max(1, len(self.variants))) as pool:
            started = [
                pool.submit(variant.container.start, timeout=variant.ping_timeout)
                for variant in self.variants.values()
                if variant.container is not None
            ]
            for future in started:
                future.result()

    def stop(self) -> None:
        self._stopping.set()
        for variant in self.variants.values():
            if variant.container is not None:
                variant.container.stop()

    @property
    def stopped(self) -> bool:
        return self._stopping.is_set()


def container_definition(store: Store, model_name: str) -> dict[str, Any]:
    """Return a model's Image, ModelDataUrl and Environment, its ARN, its role, whether it is isolated, its ways out.

    Raises ContainerFailure.
    """
    model = store.get("model", model_name)
    if model is None:
        raise ContainerFailure(f'Could not find model "{store.arn(f"model/{model_name}")}".')
    containers = [model["PrimaryContainer"]] if model.get("PrimaryContainer") else model["Containers"]
    if len(containers) != 1:
        raise ContainerFailure(f"The model {model_name} is a pipeline of containers: the local AWS runs only one.")
    definition = dict(containers[0])
    if definition.get("Mode") == "MultiModel":
        raise ContainerFailure(f"The model {model_name} is a multi-model one, which the local AWS does not run.")
    if "ModelPackageName" in definition:
        definition = {**_of_package(store, definition["ModelPackageName"]), **definition}
    of_model = {
        "ModelArn": model["ModelArn"],
        "ExecutionRoleArn": model.get("ExecutionRoleArn"),
        "EnableNetworkIsolation": model.get("EnableNetworkIsolation", False),
        "WaysOut": networks.ways_out(model.get("VpcConfig")),
    }
    return _runnable({**definition, **of_model}, f"The model {model_name}")


def package_definition(store: Store, reference: str) -> dict[str, Any]:
    """Return a model package's Image, ModelDataUrl and Environment, by its ARN. Raises ContainerFailure."""
    return _runnable(_of_package(store, reference), f"ModelPackage {reference}")


def _runnable(definition: dict[str, Any], whose: str) -> dict[str, Any]:
    source = definition.get("ModelDataSource", {}).get("S3DataSource", {}).get("S3Uri")
    definition.setdefault("ModelDataUrl", source)
    if not definition.get("Image"):
        raise ContainerFailure(f"{whose} names no image.")
    return definition


def _of_package(store: Store, reference: str) -> dict[str, Any]:
    name = reference.split(":", 5)[5].split("/", 1)[1] if reference.startswith("arn:") else reference
    package = store.get("model-package", name)
    if package is None:
        raise ContainerFailure(f"ModelPackage {reference} does not exist.")
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    if len(containers) != 1:
        raise ContainerFailure(f"ModelPackage {reference} has no single container to run.")
    return dict(containers[0])
