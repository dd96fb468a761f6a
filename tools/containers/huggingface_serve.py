"""The toolkit's `serve` command with its configuration file in another place: `huggingface_serve.py FILE`.

The toolkit writes /etc/sagemaker-mms.properties, for which it needs root, and takes any Java server on the machine for
its own; in a container neither does harm. Runs under .venv-huggingface's Python, without the rest of this project.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


def main(config: str) -> None:
    """Serve until SIGTERM."""
    sagemaker: Any = importlib.import_module("sagemaker_inference.model_server")
    toolkit: Any = importlib.import_module("sagemaker_huggingface_inference_toolkit.mms_model_server")
    serving: Any = importlib.import_module("sagemaker_huggingface_inference_toolkit.serving")
    psutil: Any = importlib.import_module("psutil")

    def own_server() -> Any:
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or ()
            if sagemaker.MMS_NAMESPACE in line and config in line:
                return process
        raise RuntimeError("the Java server has not started")

    sagemaker.MMS_CONFIG_FILE = toolkit.MMS_CONFIG_FILE = config
    sagemaker._retrieve_mms_server_process = own_server
    serving.main()


if __name__ == "__main__":
    sys.path.pop(0)  # this script's own folder
    main(sys.argv[1])
