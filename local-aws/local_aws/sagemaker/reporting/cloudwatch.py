"""SageMaker's metrics, buffered and sent to CloudWatch about every second, and the states of alarms."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from local_aws import private_api
from local_aws.common import scope
from local_aws.common.store import Scope

_STORE = private_api.declare(
    "ministack.services.cloudwatch",
    "_store_datum",
    "record SageMaker's metrics",
    takes=("namespace", "name", "dims", "ts", "unit", "value", "values", "counts", "stat_values"),
)
_ALARMS = private_api.declare("ministack.services.cloudwatch", "_alarms", "watch the alarms of a deployment")
_COMPOSITE = private_api.declare(
    "ministack.services.cloudwatch", "_composite_alarms", "watch the alarms of a deployment"
)

NAMESPACE = "AWS/SageMaker"
INSTANCES = "/aws/sagemaker/Endpoints"
COMPONENTS = "/aws/sagemaker/InferenceComponents"
TRAINING = "/aws/sagemaker/TrainingJobs"
_EVERY = 1.0
_DIGITS = 3


@dataclass(frozen=True)
class Key:
    """The identity of a metric."""

    scope: Scope
    namespace: str
    name: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]


class MetricBuffer:
    """Count each distinct value of each metric until `flush(write)` sends them on, so a busy endpoint stays cheap.

    Values are rounded to three significant digits, unless they are added as `exact`.
    """

    def __init__(self) -> None:
        self._values: dict[Key, Counter[float]] = {}
        self._lock = threading.Lock()

    def add(self, key: Key, value: float, *, exact: bool = False) -> None:
        rounded = value if exact else float(f"{value:.{_DIGITS}g}")
        with self._lock:
            self._values.setdefault(key, Counter())[rounded] += 1

    def flush(self, write: Callable[[Key, Mapping[float, int]], None]) -> None:
        with self._lock:
            values, self._values = self._values, {}
        for key, counts in values.items():
            write(key, counts)


class Metrics:
    """The buffer, and the thread that empties it into MiniStack."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._buffer = MetricBuffer()
        self._clock = clock
        self._started = threading.Event()
        self._stop = threading.Event()

    def add(self, owner: Scope, namespace: str, values: dict[str, tuple[float, str]], *, of: tuple[str, str]) -> None:
        """Add metrics. `values` holds metrics by name with their units; `of` is the endpoint and the variant."""
        dimensions = (("EndpointName", of[0]), ("VariantName", of[1]))
        for name, (value, unit) in values.items():
            self._buffer.add(Key(owner, namespace, name, unit, dimensions), value)
        self._start()

    def add_of_component(
        self, owner: Scope, namespace: str, values: dict[str, tuple[float, str]], *, component: str
    ) -> None:
        """Add metrics of an inference component."""
        for name, (value, unit) in values.items():
            self._buffer.add(Key(owner, namespace, name, unit, (("InferenceComponentName", component),)), value)
        self._start()

    def add_of_job(self, owner: Scope, job: str, name: str, value: float) -> None:
        """Add a value that a training job's MetricDefinitions found in its log."""
        self._buffer.add(Key(owner, TRAINING, name, "None", (("TrainingJobName", job),)), value, exact=True)
        self._start()

    def flush(self) -> None:
        self._buffer.flush(self._write)

    def stop(self) -> None:
        self._stop.set()

    def _start(self) -> None:
        if not self._started.is_set():
            self._started.set()
            threading.Thread(target=self._flush_on, name="sagemaker-metrics", daemon=True).start()

    def _flush_on(self) -> None:
        while not self._stop.wait(_EVERY):
            self.flush()

    def _write(self, key: Key, counts: Mapping[float, int]) -> None:
        with scope.within(key.scope):
            _STORE.get()(
                key.namespace,
                key.name,
                dict(key.dimensions),
                self._clock(),
                key.unit,
                None,
                list(counts),
                list(counts.values()),
                None,
            )


def alarm_states(names: Iterable[str]) -> dict[str, str | None]:
    """Return each alarm's state, None for a missing alarm; deployments roll back based on these."""
    states: dict[str, str | None] = {}
    for name in names:
        alarm = _ALARMS.get().get(name) or _COMPOSITE.get().get(name)
        states[name] = alarm["StateValue"] if alarm else None
    return states
