#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the dependencies, builds and runs all tests. Safe to run again.
# With CI=true warnings are errors and the checks that need npm are installed for, too.
set -eu

here=$(dirname "$(realpath "$0")")
cd "$here/.."
if [ "${CI:-}" = true ]; then
    "$here/install-dependencies.sh" test interop
    werror=ON
else
    "$here/install-dependencies.sh" test
    werror=OFF
fi

"$here/build.sh" release -DQUANTLATHE_TESTS=ON -DQUANTLATHE_BENCH=ON -DQUANTLATHE_WERROR=$werror
"$here/build.sh" fuzz

echo "Checking the desktop files ..."
desktop-file-validate packaging/quantlathe.desktop
appstreamcli validate --no-net packaging/quantlathe.metainfo.xml

echo "Fuzzing for a short while ..."
tests/fuzz/run.sh "${QUANTLATHE_FUZZ_SECONDS:-20}"

echo "Running the tests ..."
ctest --test-dir build/release --output-on-failure --no-tests=error -j 2
