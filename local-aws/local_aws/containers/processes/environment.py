"""The environment variables that every container starts with."""

import os
from pathlib import Path
from typing import Any

# Only these of the server's own variables reach a container: for the home folder, language, temporary files, bytecode,
# threads and devices, and for downloads from a model hub behind a proxy.
_PASSED_ON = (
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "PYTHONPYCACHEPREFIX",
    "LD_LIBRARY_PATH",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TOKENIZERS_PARALLELISM",
    "CUDA_VISIBLE_DEVICES",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "http_proxy",
    "https_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HF_HOME",
    "HF_ENDPOINT",
    "HF_HUB_CACHE",
    "HF_HUB_OFFLINE",
)
_PATH = "/usr/local/bin:/usr/bin:/bin"


def base_environment(s3: Any) -> dict[str, str]:
    """Return a clean environment that uses the S3 client's AWS and hides the user's own credentials."""
    credentials = s3._get_credentials()  # boto3 itself reads them this way, for its CRT clients
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return (
        {"LANG": "C.UTF-8"}
        | passed
        | {
            "PATH": _path(),
            "NO_PROXY": _no_proxy(),
            "no_proxy": _no_proxy(),
            "PYTHONUNBUFFERED": "1",
            # Waiting threads must sleep: they share the cores here, and spinning makes everything five times slower.
            "OMP_WAIT_POLICY": "PASSIVE",
            "AWS_REGION": s3.meta.region_name,
            "AWS_DEFAULT_REGION": s3.meta.region_name,
            "AWS_ENDPOINT_URL": s3.meta.endpoint_url,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    )


def _path() -> str:
    """Return the server's PATH with the folder of the containers' Python first."""
    python = os.environ.get("LOCAL_AWS_CONTAINER_PYTHON", "")
    first = [str(Path(python).parent)] if python else []
    return os.pathsep.join([*first, os.environ.get("PATH", _PATH)])


def _no_proxy() -> str:
    named = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return ",".join(part for part in (named, "127.0.0.1", "localhost") if part)
