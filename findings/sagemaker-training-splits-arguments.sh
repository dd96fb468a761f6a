#!/usr/bin/env bash
# SageMaker's training toolkit once gave hyperparameters to a shell: a value with a space becomes two arguments.
#
# AWS's images for scripts hold sagemaker-training, which turns hyperparameters into a script's arguments. 5.1.0 joins
# them with spaces and has a shell split them again; 5.1.4 starts the script without a shell. So the label column
# "Class Index" of a well-known news dataset arrives as "Class" and "Index" in one image, and whole in the other.
# Expected: the same arguments from both.
# Seen on Linux with Python 3.11; building the package needs a C compiler.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder"/ml/{code,model,input/config,input/data,output/data}
cat >"$folder/ml/code/script.py" <<'PYTHON'
import os, pathlib, sys
pathlib.Path(os.environ["SEEN"]).write_text(str(sys.argv[1:]))
PYTHON
cat >"$folder/ml/input/config/hyperparameters.json" <<JSON
{"label_column": "Class Index", "sagemaker_program": "script.py", "sagemaker_submit_directory": "$folder/ml/code"}
JSON
echo '{"current_host": "localhost", "hosts": ["localhost"], "network_interface_name": "lo",
  "current_instance_type": "ml.m5.large", "current_group_name": "homogeneousCluster"}' \
  >"$folder/ml/input/config/resourceconfig.json"
echo '{}' >"$folder/ml/input/config/inputdataconfig.json"
cat >"$folder/start.py" <<'PYTHON'
from sagemaker_training import entry_point, environment, runner

env = environment.Environment()
entry_point.run(
    uri=env.module_dir, user_entry_point=env.user_entry_point, args=env.to_cmd_args(), env_vars=env.to_env_vars(),
    capture_error=True, runner_type=runner.ProcessRunnerType,
)
PYTHON
arguments() { # of the script, with a version of the toolkit
  python3 -m venv "$folder/$1"
  local pip=("$folder/$1/bin/python" -m pip install --quiet --disable-pip-version-check)
  "${pip[@]}" boto3==1.44.8 numpy==2.4.6 paramiko==5.1.0 psutil==7.2.2 retrying==1.4.2 six==1.17.0 setuptools==65.5.0 wheel==0.48.0
  "${pip[@]}" --no-deps --no-build-isolation "sagemaker-training==$1"
  (cd "$folder" && export SAGEMAKER_BASE_DIR="$folder/ml" SEEN="$folder/seen" AWS_DEFAULT_REGION=us-east-1 &&
    PATH="$folder/$1/bin:$PATH" "$folder/$1/bin/python" start.py >/dev/null 2>&1) || true
  cat "$folder/seen"
}
older=$(arguments 5.1.0)
newer=$(arguments 5.1.4)
printf '%s\n' "5.1.0: $older" "5.1.4: $newer"
[ "$older" = "['--label_column', 'Class', 'Index']" ] && [ "$newer" = "['--label_column', 'Class Index']" ] ||
  { echo "changed"; exit 1; }
echo "as described"
