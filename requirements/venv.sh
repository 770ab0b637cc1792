#!/usr/bin/env bash
# Makes the virtual environment $2 for the interpreter $1 and installs requirements/dev.txt and the project into it.
# Usage: requirements/venv.sh PYTHON DIRECTORY
set -euo pipefail
# An interpreter that is itself out of an environment (an activated .venv, say) stands for the one below it, which stays.
python=$("$1" -c 'import sys; print(sys._base_executable if sys.prefix != sys.base_prefix else sys.executable)') venv=$2
here=$(cd "$(dirname "$0")" && pwd)

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  { echo "Python 3.11 or newer is needed; $python is $("$python" --version 2>&1). Name another with PYTHON=..." >&2; exit 1; }

echo "Setting up $venv for $("$python" --version), once (about a minute) ..."
rm -rf "$venv"
# Debian ships Python without ensurepip; where there is a pip, it can put itself into the environment.
if ! "$python" -m venv "$venv" >/dev/null 2>&1; then
  rm -rf "$venv"
  "$python" -m venv --without-pip "$venv"
  "$python" -m pip --python "$venv/bin/python" install --quiet --quiet pip ||
    { echo "$python has neither ensurepip nor pip. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
fi
"$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --requirement "$here/dev.txt"
"$venv/bin/python" -m pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable "$here/.."
