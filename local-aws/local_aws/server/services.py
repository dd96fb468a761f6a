"""Add the local SageMaker and our other services to MiniStack: routing, state, CloudFormation and Step Functions."""

import sys
import types
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from local_aws import private_api
from local_aws.autoscaling import cloudformation as autoscaling_cloudformation
from local_aws.autoscaling.scaler import Scaler
from local_aws.autoscaling.service import AutoScaling
from local_aws.quotas.service import ServiceQuotas
from local_aws.sagemaker.integrations import cloudformation, stepfunctions
from local_aws.sagemaker.service import SageMaker, folder_from_environment
from local_aws.server import lifecycle

_MODULES = private_api.declare("ministack.app", "_loaded_modules", "save and restore SageMaker's state")
_REGISTRY = private_api.declare("ministack.app", "SERVICE_REGISTRY", "reset SageMaker with the other services")
_HANDLERS = private_api.declare("ministack.app", "SERVICE_HANDLERS", "answer SageMaker's API")
_STATE_MAP = private_api.declare("ministack.app", "_state_map", "save and restore SageMaker's state")
_PATTERNS = private_api.declare("ministack.core.router", "SERVICE_PATTERNS", "route SageMaker's requests")

Handler = Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]

# SageMaker's runtime also signs as `sagemaker`; its path tells it apart.
_SAGEMAKER = {
    "target_prefixes": ["SageMaker."],
    "host_patterns": [r"^(?:api\.|runtime\.)?sagemaker\."],
    "credential_scope": "sagemaker",
}
_AUTOSCALING = {
    "target_prefixes": ["AnyScaleFrontendService."],
    "host_patterns": [r"^application-autoscaling\."],
    "credential_scope": "application-autoscaling",
}
_QUOTAS = {
    "target_prefixes": ["ServiceQuotasV20190624."],
    "host_patterns": [r"^servicequotas\."],
    "credential_scope": "servicequotas",
}


def register() -> SageMaker:
    """Register the services. Call it once, before ministack.app.main(); LOCAL_AWS_FOLDER must be set."""
    folder = folder_from_environment()
    quotas = ServiceQuotas(folder.parent)
    sagemaker = SageMaker(folder)
    sagemaker.plane.quota = partial(quotas.value, "sagemaker")
    autoscaling = AutoScaling()
    _add("sagemaker", "sagemaker", sagemaker, sagemaker.gateway.handle, _SAGEMAKER)
    _add("application-autoscaling", "application_autoscaling", autoscaling, autoscaling.handle, _AUTOSCALING)
    _add("servicequotas", "service_quotas", quotas, quotas.handle, _QUOTAS)
    cloudformation.install(sagemaker.plane)
    autoscaling_cloudformation.install(autoscaling)
    scaler = Scaler(autoscaling, sagemaker.plane)
    stepfunctions.install(sagemaker.plane)
    sagemaker.start()
    scaler.start()
    lifecycle.on_stop(scaler.stop)
    lifecycle.on_stop(sagemaker.stop)
    return sagemaker


def _add(service: str, module_name: str, owner: Any, handler: Handler, pattern: dict[str, Any]) -> None:
    """Register a service as the module that MiniStack expects, with a handler and the state hooks."""
    module = types.ModuleType(f"ministack.services.{module_name}")
    module.__dict__.update(
        handle_request=handler,
        get_state=owner.get_state,
        load_persisted_state=owner.load_persisted_state,
        reset=owner.reset,
    )
    sys.modules[module.__name__] = module
    _MODULES.get()[module_name] = module
    _REGISTRY.get()[service] = {"module": module_name}
    _HANDLERS.get()[service] = handler
    _STATE_MAP.get()[module_name] = module_name
    _PATTERNS.get()[service] = pattern
