"""InvokeEndpoint: from a request to a container's answer."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import unquote

from local_aws.common.errors import ApiError
from local_aws.common.store import Scope
from local_aws.containers import ContainerTimeout, ContainerUnavailable
from local_aws.containers.serving.model_server import ContainerResponse
from local_aws.sagemaker.endpoints.endpoints import Endpoints
from local_aws.sagemaker.endpoints.fleet import Fleet, Variant
from local_aws.sagemaker.endpoints.live import LiveEndpoint
from local_aws.sagemaker.reporting.logs import component_group, endpoint_group

Answer = tuple[int, dict[str, str], bytes]
Report = Callable[[LiveEndpoint, str, dict[str, tuple[float, str]]], None]

MAX_BODY = 6 * 1024 * 1024
_TIMEOUT = 60.0
_START_WAIT = 60.0
_PREFIX, _SUFFIX = "/endpoints/", "/invocations"
_PASSED_ON = (
    "content-type",
    "accept",
    "x-amzn-sagemaker-custom-attributes",
    "x-amzn-sagemaker-inference-id",
    "x-amzn-sagemaker-target-model",
)
_JSON = "application/json"
_COMPONENT = "x-amzn-sagemaker-inference-component"
# SageMaker's words (AWS blog, "Unlock cost savings with the new scale down to zero feature in SageMaker Inference").
_NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress (if "
    "configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
)
_COMPONENT_REQUIRED = (
    "Inference Component Name header is required for endpoints to which you plan to deploy inference components. "
    "Please include Inference Component Name header or consider using SageMaker models."
)


def endpoint_name(method: str, path: str) -> str | None:
    """Return the endpoint of a runtime request, or None if it is not an InvokeEndpoint request."""
    if method != "POST" or not path.startswith(_PREFIX) or not path.endswith(_SUFFIX):
        return None
    return unquote(path[len(_PREFIX) : -len(_SUFFIX)])


class Components(Protocol):
    """Finds running inference components (sagemaker.components)."""

    def live(self, name: str) -> LiveEndpoint | None: ...


class Runtime:
    """Invoke endpoints. `report(endpoint or component, variant, {metric: (value, unit)})` gets a request's metrics."""

    def __init__(
        self, endpoints: Endpoints, components: Components, report: Report, scope: Callable[[], Scope]
    ) -> None:
        self._endpoints = endpoints
        self._components = components
        self._report = report
        self._scope = scope

    def invoke(self, name: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send a request to a container; blocks until it has answered. Raises ApiError."""
        began = time.perf_counter()
        live = self._hosted(self._find(name), headers.get(_COMPONENT))
        target = headers.get("x-amzn-sagemaker-target-variant")
        if len(body) > MAX_BODY:
            raise _bad_request(
                "1 validation error detected: Value at 'body' failed to satisfy constraint: "
                f"Member must have length less than or equal to {MAX_BODY}"
            )
        while True:
            chosen = _chosen(live, target)
            try:
                return self._answer(live, chosen, headers, body, began)
            except ApiError as error:
                # The fleet was replaced between the choice and the call: let its successor answer.
                if error.code != "ServiceUnavailable" or not chosen[0].stopped or live.fleet is chosen[0]:
                    raise

    def _find(self, name: str) -> LiveEndpoint:
        live = self._endpoints.live(name)
        # Just after a server restart, the containers are still starting.
        if live is None or not live.ready.wait(_START_WAIT) or live.fleet is None:
            raise _bad_request(f"Endpoint {name} of account {self._scope()[0]} not found.")
        return live

    def _hosted(self, endpoint: LiveEndpoint, component: str | None) -> LiveEndpoint:
        """What answers: the endpoint's own model, or the component that the request names. Raises ApiError."""
        variants = endpoint.fleet.config["ProductionVariants"] if endpoint.fleet is not None else []
        if "ModelName" in variants[0]:
            if component is not None:
                raise _bad_request(f"The endpoint {endpoint.name} has no inference components.")
            return endpoint
        if component is None:
            raise _bad_request(_COMPONENT_REQUIRED)
        live = self._components.live(component)
        if live is None or live.host != endpoint.name:
            raise _bad_request(f"Inference Component {component} of account {self._scope()[0]} not found.")
        if live.fleet is None:
            self._report(live, variants[0]["VariantName"], {"NoCapacityInvocationFailures": (1.0, "None")})
            raise _bad_request(_NO_CAPACITY)
        return live

    def _answer(
        self, live: LiveEndpoint, chosen: tuple[Fleet, Variant], headers: Mapping[str, str], body: bytes, began: float
    ) -> Answer:
        fleet, variant = chosen
        passed = {header: headers[header] for header in _PASSED_ON if header in headers}
        passed.setdefault("content-type", _JSON)
        sent = time.perf_counter()
        answer: ContainerResponse | None = None
        error: ApiError | None = None
        try:
            if variant.container is None:
                raise ContainerUnavailable("no container")
            answer = variant.container.invoke(body=body, headers=passed, timeout=_TIMEOUT)
            if not 200 <= answer.status < 300:
                error = self._model_error(live, variant, answer.status, answer.body.decode("utf-8", "replace"))
        except ContainerTimeout:
            error = self._model_error(live, variant, 0, _TIMED_OUT)
        except ContainerUnavailable:
            error = _unavailable(live.name)
        finally:
            done = time.perf_counter()
            self._measure(live, variant, answer, latency=done - sent, overhead=sent - began)
        if error is not None or answer is None:
            raise error or _unavailable(live.name)
        answer_type = answer.headers.get("content-type", _JSON)
        capture = live.capture(fleet)
        if capture is not None:
            capture.offer(
                variant.name,
                request=body,
                request_type=passed["content-type"],
                answer=answer.body,
                answer_type=answer_type,
                inference_id=headers.get("x-amzn-sagemaker-inference-id"),
            )
        # Lower case, because MiniStack changes a `Content-Type` to that of SageMaker's other protocol.
        answer_headers = {"content-type": answer_type, "x-Amzn-Invoked-Production-Variant": variant.name}
        custom = answer.headers.get("x-amzn-sagemaker-custom-attributes")
        if custom is not None:
            answer_headers["X-Amzn-SageMaker-Custom-Attributes"] = custom
        return 200, answer_headers, answer.body

    def _measure(
        self, live: LiveEndpoint, variant: Variant, answer: ContainerResponse | None, *, latency: float, overhead: float
    ) -> None:
        failed = answer is None or answer.status >= 500
        metrics = {
            "Invocations": (1.0, "None"),
            "InvocationsPerInstance": (1.0 / variant.count, "None"),
            "Invocation4XXErrors": (float(answer is not None and 400 <= answer.status < 500), "None"),
            "Invocation5XXErrors": (float(failed), "None"),
            "InvocationModelErrors": (float(answer is None or not 200 <= answer.status < 300), "None"),
            "OverheadLatency": (overhead * 1e6, "Microseconds"),
        }
        if answer is not None:
            metrics["ModelLatency"] = (latency * 1e6, "Microseconds")
        if live.host:
            metrics["InvocationsPerCopy"] = (1.0 / variant.count, "None")
        self._report(live, variant.name, metrics)

    def _model_error(self, live: LiveEndpoint, variant: Variant, status: int, message: str) -> ApiError:
        account, region = live.scope
        group = component_group(live.name) if live.host else endpoint_group(live.name)
        blame = f"Received {'client' if 400 <= status < 500 else 'server'} error ({status}) from primary with message"
        console = (
            f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={group}"
        )
        return ApiError(
            "ModelError",
            f'{blame} "{message}". See {console} in account {account} for more information.',
            424,
            {
                "OriginalStatusCode": status,
                "OriginalMessage": message,
                "LogStreamArn": f"arn:aws:logs:{region}:{account}:log-group:{group}",
            },
        )


def _chosen(live: LiveEndpoint, target: str | None) -> tuple[Fleet, Variant]:
    chosen = live.choose(target)
    if chosen is not None:
        return chosen
    if target is not None and live.fleet is not None and target not in live.fleet.variants:
        raise _bad_request(f"The variant {target} was not found for the endpoint {live.name}.")
    raise _unavailable(live.name)


_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the latency metrics for "
    "each container in Amazon CloudWatch, resolve the issue, and try again."
)


def error_answer(error: ApiError) -> Answer:
    """Return the error in the runtime's protocol (rest-json)."""
    body = {"ErrorCode": error.code, "Message": error.message, **error.extra}
    headers = {"content-type": _JSON, "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(body).encode()


def _bad_request(message: str) -> ApiError:
    return ApiError("ValidationError", message, 400)


def _unavailable(name: str) -> ApiError:
    return ApiError("ServiceUnavailable", f"The endpoint {name} has no healthy instance to answer the request.", 503)
