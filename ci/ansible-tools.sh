#!/usr/bin/env bash
# Installs the tools of ansible/tests/requirements.txt into the user's cache, or finds them there; prints their folder: `venv`, and
# `home`, a home for ansible-test. Needs Python 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=3.11
TOOLS=ansible/tests/requirements.txt
PIP=24.2 # which ansible-test asks for

die() { echo "ansible: $*" >&2; exit 1; }

command -v "python$PYTHON" >/dev/null || die "python$PYTHON is missing"
"python$PYTHON" -c 'import ensurepip' || die "python$PYTHON has no ensurepip; install python$PYTHON-venv"
key=$({ printf '%s\n' "$PYTHON" "$PIP"; cat "$TOOLS"; } | sha256sum | cut -c 1-16)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/vfctl/ansible/$key
mkdir -p "$(dirname "$tools")"
exec 9>"$(dirname "$tools")/lock"
flock 9
if [ ! -e "$tools/done" ]; then
    echo "ansible: install the tools of $TOOLS into $tools" >&2
    rm -rf "$tools"
    mkdir -p "$tools/home/.ansible/test/cache"
    {
        "python$PYTHON" -m venv "$tools/venv"
        "$tools/venv/bin/pip" install -q --disable-pip-version-check -r "$TOOLS"
        "$tools/venv/bin/pip" download -q --disable-pip-version-check --no-deps -d "$tools/wheels" "pip==$PIP"
    } >&2 9>&-
    # ansible-test bootstraps pip in its own environments by a script that it downloads; here pip's wheel does that.
    cat >"$tools/home/.ansible/test/cache/get_pip_${PIP//./_}.py" <<PY
import runpy, sys
wheel = "$tools/wheels/pip-$PIP-py3-none-any.whl"
sys.path.insert(0, wheel)
options = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
sys.argv = ["pip", "install", wheel] + options
runpy.run_module("pip", run_name="__main__", alter_sys=True)
PY
    touch "$tools/done"
fi
echo "$tools"
