#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what building needs from Debian's packages: only what is missing, as root or through sudo.
# usage: install-dependencies.sh [build] [test] [interop]     (default: build)
set -eu

build="g++ cmake ninja-build pkg-config qt6-base-dev libqt6svg6-dev qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools
    libgl-dev libvulkan-dev libqcustomplot-dev libtbb-dev libopenblas-dev libhwy-dev libre2-dev libicu-dev libfmt-dev nlohmann-json3-dev libcli11-dev
    fonts-dejavu-core"
test="python3 xvfb xauth clang libfuzzer-14-dev libbenchmark-dev desktop-file-utils appstream"
interop="nodejs npm"

wanted=""
for group in "${@:-build}"; do
    case $group in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $build $test" ;;
    interop) command -v npm >/dev/null || wanted="$wanted $interop" ;;
    *) echo "usage: $0 [build] [test] [interop]" >&2; exit 2 ;;
    esac
done

if ! command -v dpkg-query >/dev/null; then
    echo "This is not a Debian system: please install the counterparts of:$wanted" >&2
    exit 1
fi

missing=""
for package in $wanted; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
    *"ok installed") ;;
    *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

sudo=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Missing packages:$missing" >&2
        echo "Run as root, install sudo, or ask your administrator to install them." >&2
        exit 1
    fi
    sudo="sudo"
fi

echo "Installing:$missing"
log=$(mktemp)
if ! { $sudo apt-get update -qq &&
       $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    exit 1
fi
rm -f "$log"
