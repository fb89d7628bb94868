#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Configures and builds quietly: one line of progress, everything on failure.
# usage: build.sh PRESET [cmake options ...]
set -eu
cd "$(dirname "$0")/.."

preset=$1
shift
folder=build/$preset
mkdir -p "$folder"
log=$folder/build.log

fail() {
    tail -n 60 "$log" >&2
    echo "The build failed; the whole log is in $log" >&2
    exit 1
}

echo "Configuring ($preset) ..."
cmake --preset "$preset" "$@" >"$log" 2>&1 || fail
echo "Building ($preset) ..."
status=$folder/build.status
rm -f "$status"
{ cmake --build "$folder" 2>&1 || echo failed >"$status"; } | tee -a "$log" |
    if [ -t 1 ]; then
        # On a terminal the line is redrawn; elsewhere every tenth step is enough.
        sed -un 's/^\[\([0-9]*\/[0-9]*\)\].*/\r  \1/p' | tr -d '\n'
        echo
    else
        sed -un '/^\[[0-9]*0\/[0-9]*\]/s/^\[\([0-9]*\/[0-9]*\)\].*/  \1/p'
    fi
[ ! -e "$status" ] || fail
