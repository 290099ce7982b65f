#!/usr/bin/env bash
# What action.yml runs: crauth-doctor with annotations, the summary of the step, and files where they are asked for.
set -euo pipefail

if ! command -v crauth-doctor > /dev/null; then
  python3 -m venv "$RUNNER_TEMP/crauth-doctor"
  "$RUNNER_TEMP/crauth-doctor/bin/pip" install --quiet --disable-pip-version-check "$(dirname "$0")/../../.."
  PATH="$RUNNER_TEMP/crauth-doctor/bin:$PATH"
fi

# The words of the input become arguments and nothing more: no shell expands them.
arguments=()
while IFS= read -r -d '' word; do arguments+=("$word"); done < <(python3 -c '
import os, shlex
for word in shlex.split(os.environ["INPUT_RUN"]):
    print(word, end="\0")
')
if [ -n "${INPUT_SARIF:-}" ]; then arguments+=(--write "sarif=$INPUT_SARIF"); fi
if [ -n "${INPUT_JUNIT:-}" ]; then arguments+=(--write "junit=$INPUT_JUNIT"); fi

status=0
crauth-doctor "${arguments[@]}" --format github --quiet || status=$?
echo "status=$status" >> "$GITHUB_OUTPUT"
exit "$status"
