# SPDX-License-Identifier: GPL-3.0-or-later
# To be sourced with $here (this folder) and $directory set: installs the pinned npm package with the prebuilt llama.cpp there, or
# leaves with exit code 77 and a line "SKIPPED: ..." (1 with CI=true). Makes $directory absolute.

skip() {
    echo "SKIPPED: $1"
    # Where CI=true a missing judge is a failure, not an excuse.
    [ "${CI:-}" = true ] && exit 1
    exit 77
}

[ "$(uname -sm)" = "Linux x86_64" ] || skip "the prebuilt llama.cpp is for Linux on x86-64"
command -v npm >/dev/null || skip "npm is not installed"
mkdir -p "$directory"
directory=$(realpath "$directory")

# Several tests may come here at once: one installs, the others wait.
exec 9>"$directory/lock"
flock 9
if ! cmp -s "$here/package-lock.json" "$directory/installed-lock.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$directory/"
    (cd "$directory" && npm ci --ignore-scripts --no-audit --no-fund >npm.log 2>&1) ||
        skip "npm could not install llama.cpp (see $directory/npm.log)"
    cp "$here/package-lock.json" "$directory/installed-lock.json"
fi
exec 9>&-
