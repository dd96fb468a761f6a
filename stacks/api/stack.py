"""The Api stack: the HTTP API and the functions behind it."""

from __future__ import annotations

from constructs import Construct

from contracts.deployment import stack_outputs
from stacks.api.authorizer import Authorizer
from stacks.api.classify import Classify
from stacks.api.cursor_key import CursorKey
from stacks.api.examples import Examples
from stacks.api.features import Features
from stacks.api.http_api import HttpApi
from stacks.api.labelling import Labelling
from stacks.api.log_queues import LogQueues, log_queues
from stacks.api.meta import Meta
from stacks.api.redrive import Redrive
from stacks.api.request_log import RequestLog
from stacks.base import RubricStack
from stacks.deployment import Deployment
from stacks.shared.python_function import PythonFunction
from stacks.stores import Stores, Watched


class ApiStack(RubricStack):
    """Answers requests; refers to the endpoint by name only, and so never waits for a rollout."""

    def __init__(self, scope: Construct, *, deployment: Deployment, stores: Stores) -> None:
        super().__init__(
            scope, "Api", deployment=deployment, description="Rubric: the HTTP API.", key_arn=stores.key_arn
        )
        queues = log_queues(self)
        features = self._features(stores)
        classify = Classify(
            self, "Classify", deployment=deployment, stores=stores, dead_letters=queues.waiting, features=features
        )
        meta = Meta(self, "Site", deployment=deployment, stores=stores)
        authorizer = Authorizer(self, "Authorizer", deployment=deployment, stores=stores)
        cursor_key = CursorKey(self, "CursorKey", deployment=deployment, key_arn=stores.key_arn)
        request_log = RequestLog(self, "Records", deployment=deployment, stores=stores, cursor_key=cursor_key)
        examples = Examples(self, "Examples", deployment=deployment, stores=stores)
        labelling = Labelling(self, "Labelling", deployment=deployment, stores=stores)
        redrive = Redrive(self, "Redrive", deployment=deployment, stores=stores, queues=queues)
        checks_keys = self.settings.api.auth == "keys"
        http = HttpApi(
            self,
            "Http",
            settings=self.settings,
            authorizer=authorizer.function if checks_keys else None,
            routes=[*classify.routes, *request_log.routes, *examples.routes, *labelling.routes, *meta.routes],
            fallback=meta.function,
        )
        functions: dict[str, PythonFunction] = {
            "classify": classify,
            "site": meta,
            **({"authorizer": authorizer} if checks_keys else {}),
            "records": request_log,
            "examples": examples,
            "labelling": labelling,
            "rotation": cursor_key.rotation,
            "redrive": redrive,
            **({"features": features} if features else {}),
        }
        if not checks_keys:
            # Monitoring may import its name, from when keys were checked: without it this update would be refused.
            self.share(authorizer.function.function_name)
        self.watched = Watched(
            api_id=self.share(http.api.api_id),
            functions={name: self.share(function.function.function_name) for name, function in functions.items()},
            dead_letters=self.share(queues.waiting.queue_name),
            parked=self.share(queues.parked.queue_name),
        )
        self._outputs(http, queues)

    def _features(self, stores: Stores) -> Features | None:
        if self.settings.features.store == "none":
            return None
        features = Features(self, "Features", deployment=self.deployment, stores=stores)
        self.output(
            stack_outputs.FEATURES_FUNCTION_NAME,
            features.function.function_name,
            description="The function that computes, reads and erases features.",
        )
        return features

    def _outputs(self, http: HttpApi, queues: LogQueues) -> None:
        url = http.api.api_endpoint
        self.output(stack_outputs.API_URL, url, description="Base URL of the API.")
        self.output(stack_outputs.API_ID, http.api.api_id, description="Id of the API.")
        self.output(
            stack_outputs.LOG_DEAD_LETTERS_URL,
            queues.waiting.queue_url,
            description="Queue of request-log items that could not be written.",
        )
        self.output(
            stack_outputs.LOG_PARKED_URL,
            queues.parked.queue_url,
            description="Queue of request-log items that are refused for good.",
        )
        if self.settings.api.auth == "keys":
            cached = str(self.settings.api.key_cache_seconds)
            self.output(
                stack_outputs.KEY_CACHE_SECONDS,
                cached,
                description="Seconds for which an ended key may still be accepted.",
            )
        self.output(stack_outputs.CONSOLE_URL, f"{url}/", description="The console page.")
