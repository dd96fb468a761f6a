"""A whole Rubric on its own local AWS: the handle that the end-to-end tests use.

Everything uses a user's own tools: the Makefile's programs, the CDK CLI, the `rubric` command, HTTP and boto3.
The handle imports nothing of the product.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import httpx
import yaml

from tools.common.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = "local"
# The Makefile exports its settings: those of `make test` are not for the make that a test runs.
[_SETTINGS] = re.findall(r"^SETTINGS := (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
MAKE_SETTINGS = frozenset([*_SETTINGS.split(), "MFLAGS"])


def wait_for(what: str, probe: Callable[[], Any], *, timeout: float = 120.0, every: float = 0.5) -> Any:
    """Polls `probe` until it gives something true.

    Raises:
        AssertionError: it never did in `timeout` seconds.
    """
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        result = probe()
        if result:
            return result
        time.sleep(every)
    raise AssertionError(f"{what} did not happen in {timeout:.0f} s")


@dataclass
class Cloud:
    """One local AWS in `folder`, with its own port, settings and state; commands run in `checkout`."""

    folder: Path
    checkout: Path = ROOT
    port: int = field(default_factory=free_port)

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def access_key(self) -> str:
        """The only access key id that this local AWS accepts; before its first start there is none."""
        file = self.folder / "state" / "access-key-id"
        return file.read_text().strip() if file.exists() else "none-yet"

    @property
    def environment(self) -> dict[str, str]:
        """A user's shell variables after `eval "$(make -s local-env)"`, for this local AWS."""
        ours = ("AWS_", "CDK_", "RUBRIC_", "MAKE")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(ours) and k not in MAKE_SETTINGS}
        return {
            **clean,
            "PATH": f"{self.checkout / '.venv/bin'}:{self.checkout / 'node_modules/.bin'}:{clean.get('PATH', '')}",
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": "unchecked",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "RUBRIC_LOCAL_DIR": str(self.folder / "state"),
            "RUBRIC_LOCAL_PORT": str(self.port),
            "RUBRIC_LOCAL_ENV": str(self.settings_file),
            "RUBRIC_ENV": str(self.settings_file),
            "RUBRIC_ALARM_SECONDS": "2",
            "COLUMNS": "160",
        }

    @property
    def settings_file(self) -> Path:
        """This cloud's copy of environments/local.yaml, which keeps a user's own override out."""
        return self.folder / f"{ENVIRONMENT}.yaml"

    def write_settings(self, change: Mapping[str, Any]) -> None:
        """Copies environments/local.yaml here; `change` goes into the override file beside it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.checkout / "environments" / f"{ENVIRONMENT}.yaml", self.settings_file)
        self.settings_file.with_name(f"{ENVIRONMENT}.override.yaml").write_text(yaml.safe_dump(dict(change)))

    def run(self, *command: str, timeout: float = 600, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a command in the checkout with this cloud's environment; a failure's message includes its output."""
        done = subprocess.run(
            command,
            check=False,
            cwd=self.checkout,
            env=self.environment,
            text=True,
            capture_output=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode:
            raise AssertionError(
                f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
            )
        return done

    def local(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.checkout / ".venv/bin/python"), "-m", "local", *arguments, **options)

    def rubric(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return self.run(str(self.checkout / ".venv/bin/rubric"), *arguments, **options)

    def cdk(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        output = str(self.folder / "cdk.out")
        return self.run(
            "cdk", *arguments, "--no-color", "-c", f"env={self.settings_file}", "--output", output, **options
        )

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=self.access_key,
            aws_secret_access_key="unchecked",
        )

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of `Rubric-local-<stack>` by key."""
        described = self.client("cloudformation").describe_stacks(StackName=self.stack(stack))["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    @staticmethod
    def stack(name: str) -> str:
        return f"Rubric-{ENVIRONMENT}-{name}"

    def stack_status(self, name: str) -> str:
        described = self.client("cloudformation").describe_stacks(StackName=self.stack(name))["Stacks"][0]
        return str(described["StackStatus"])

    def status(self) -> dict[str, Any]:
        """`make local-status`: one JSON object on standard output."""
        return dict(json.loads(self.local("status").stdout))

    def api(self, *, key: str | None = None) -> httpx.Client:
        """A client of the deployed API, with the demo's key unless another (or "") is given."""
        status = self.status()
        chosen = status["api_key"] if key is None else key
        return httpx.Client(
            base_url=status["api_url"].rstrip("/") + "/",
            headers={"x-api-key": chosen} if chosen else {},
            timeout=30,
        )

    def execute(self, machine: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Runs a state machine of the Training stack (an output's key) to its end; the described execution."""
        states = self.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=self.outputs("Training")[machine], input=json.dumps(dict(request)))
        return self.finished(arn["executionArn"])

    def finished(self, execution_arn: str, *, timeout: float = 300) -> dict[str, Any]:
        states = self.client("stepfunctions")

        def ended() -> dict[str, Any] | None:
            described = states.describe_execution(executionArn=execution_arn)
            return None if described["status"] == "RUNNING" else dict(described)

        return wait_for(f"the end of {execution_arn}", ended, timeout=timeout)
