#!/usr/bin/env bash
# NannyML 0.13.1: after `pip install nannyml`, `import nannyml` raises ModuleNotFoundError for statsmodels.
#
# Its plots import statsmodels, and nannyml imports its plots. It requires some thirty packages, but not this one, and
# none of those brings it along, so it works only where another project has installed statsmodels already.
# Expected: an installed package can be imported. The script resolves the requirements without installing them (2 GB),
# and reads which modules import statsmodels when they are imported themselves.
# Seen 2026-11-30 on Linux with Python 3.11. Exit status 0: unchanged; 1: it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip=("$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check)
"${pip[@]}" --no-deps --target "$folder/code" nannyml==0.13.1
"${pip[@]}" --dry-run --ignore-installed --report "$folder/report.json" nannyml==0.13.1
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import ast
import json
import sys
from pathlib import Path

folder = Path(sys.argv[1])
resolved = {each["metadata"]["name"].lower() for each in json.loads((folder / "report.json").read_text())["install"]}
importing = []
for file in sorted((folder / "code/nannyml").rglob("*.py")):
    for node in ast.parse(file.read_text()).body:  # the module's own statements: run at import
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "statsmodels":
            importing.append(str(file.relative_to(folder / "code")))
print(f"{len(resolved)} packages are resolved; statsmodels is {'' if 'statsmodels' in resolved else 'not '}among them")
print(f"modules that import statsmodels: {importing}")
sys.exit(0 if "nannyml" in resolved and "statsmodels" not in resolved and importing else 1)
PYTHON
