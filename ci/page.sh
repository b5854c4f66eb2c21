#!/usr/bin/env bash
# Opens the pages of the examples in headless Chromium, wide and as on a phone, light and dark: fails where one logs an
# error, loads anything, or is wider than its window. Installs Chromium where it is missing.
#
# usage: ci/page.sh [FOLDER]     keeps a picture of each in the folder
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v chromium >/dev/null || ! command -v python3 >/dev/null; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core python3 >/dev/null
fi
pictures=${1:-$(mktemp -d)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# found WHAT COMMAND…: a fault that must be found, or this checks nothing.
found() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1) || ! grep -q "$what" <<<"$said"; then
        echo "page: not found: $what: $said" >&2
        exit 1
    fi
}
mkdir "$work/bin"
printf '#!/bin/sh\nexec sleep 60\n' >"$work/bin/chromium"
chmod +x "$work/bin/chromium"
found "does not answer within 1 s" env PATH="$work/bin:$PATH" VFCTL_PAGE_LIMIT=1 python3 ci/page.py "$work" examples/README.md
found "does not open: net::ERR_FILE_NOT_FOUND" python3 ci/page.py "$work" "$work/missing.html"
python3 ci/page.py "$pictures" examples/*/*.html
