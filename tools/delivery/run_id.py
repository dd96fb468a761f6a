"""Which run this is: a pipeline's own, or one from a laptop, which a file remembers from step to step."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def identify(file: Path) -> tuple[str, str]:
    """(id, URL): the same for every step of one run. URL: "" from a laptop.

    RUBRIC_RUN and RUBRIC_RUN_URL first; then the default variables of GitHub ("Variables reference") and GitLab
    ("Predefined CI/CD variables reference"). CodeBuild's id differs in each build: a CodePipeline sets RUBRIC_RUN to
    that of its execution.
    """
    known = os.environ.get
    if known("RUBRIC_RUN"):
        return str(known("RUBRIC_RUN")), known("RUBRIC_RUN_URL", "")
    if known("GITHUB_RUN_ID"):
        path = f"{known('GITHUB_REPOSITORY')}/actions/runs/{known('GITHUB_RUN_ID')}"
        return f"github:{path}", f"{known('GITHUB_SERVER_URL')}/{path}"
    if known("CI_PIPELINE_ID"):
        return f"gitlab:{known('CI_PROJECT_PATH')}/{known('CI_PIPELINE_ID')}", known("CI_PIPELINE_URL", "")
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"laptop:{secrets.token_hex(8)}", encoding="utf-8")
    return file.read_text(encoding="utf-8"), ""
