#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the dependencies, builds Release and opens the window on FILE, or on the sample model. Without a display the
# main job runs in quantlathe-cli on the sample instead. Safe to run again.
# usage: run.sh [FILE]
set -eu

case ${1:-} in
-h | --help) echo "usage: $0 [FILE]"; exit 0 ;;
esac
if [ $# -gt 1 ]; then
    echo "usage: $0 [FILE]" >&2
    exit 2
fi
if [ $# = 1 ]; then
    file=$(realpath -e -- "$1") || exit 1
fi

here=$(dirname "$(realpath "$0")")
cd "$here/.."
"$here/install-dependencies.sh" build
"$here/build.sh" release -DQUANTLATHE_TESTS=OFF

bin=build/release/app
sample=resources/sample/quantlathe-sample-f16.gguf
if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$bin/quantlathe" "${file:-$sample}"
fi

echo "There is no display: doing the main job on the command line."
file=${file:-$sample}
out=build/$(basename "$file" .gguf)-Q4_K_M.gguf
echo
echo "\$ quantlathe-cli inspect $file"
"$bin/quantlathe-cli" inspect "$file"
echo
echo "\$ quantlathe-cli quantize $file $out --preset Q4_K_M"
"$bin/quantlathe-cli" quantize "$file" "$out" --preset Q4_K_M
echo
echo "\$ quantlathe-cli compare $file $out"
"$bin/quantlathe-cli" compare "$file" "$out"
echo
echo "Sizes in bytes:"
stat -L -c '%12s  %n' "$file" "$out" 2>/dev/null || ls -l "$file" "$out"
