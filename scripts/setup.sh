#!/usr/bin/env bash
# Makes everything ready that ./run, ./test and ./simsearch need; sourced by them, not run by hand.
# Each step looks first whether there is something to do, so that a second call costs a second or two. The steps stand between begin_setup and end_setup.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
stamps="$root/.simsearch"

# Two set-ups at once (two terminals, ./run beside ./test) take turns. Descriptor 8 holds the lock; what may outlive us (compiler servers) is started without it.
begin_setup() {
    mkdir -p "$stamps"
    command -v flock >/dev/null 2>&1 || return 0
    exec 8>"$stamps/lock"
    flock -n 8 || { say "another set-up is under way; waiting for it"; flock 8; }
}
end_setup() { exec 8>&-; }

say() { printf '%s\n' "simsearch: $*" >&2; }
fail() { say "$*"; exit 1; }

# What the product needs (FAISS and its BLAS, a compiler for the shim, sound files other than WAV, npm for plotly.js, ONNX Runtime and libvips)
product_packages=(g++ cmake make libfaiss-dev libblas-dev liblapack-dev libopenblas0-pthread libsndfile1)
# ... and what only its tests and side-by-side runs need: independent peers and a browser.
test_packages=(chromium fonts-dejavu-core python3-faiss python3-scipy python3-sklearn python3-jupyter-client python3-jupyter-kernel-test python3-nbclient python3-nbconvert python3-nbformat
    jupyter-notebook python3-ipykernel)

require_dotnet() {
    command -v dotnet >/dev/null 2>&1 || fail "the .NET 10 SDK is missing (no 'dotnet' on the PATH); environment.md says how to install it"
    case "$(dotnet --version 2>/dev/null || true)" in
        10.* | 1[1-9].*) ;;
        *) fail "the .NET 10 SDK is needed, 'dotnet --version' says '$(dotnet --version 2>&1 | head -n 1)'; environment.md says how to install it" ;;
    esac
}

# install_packages NAME...: installs the Debian packages that are missing; without root it prints the one command that does.
install_packages() {
    if ! command -v apt-get >/dev/null 2>&1; then
        say "this system has no apt-get: environment.md lists what to install by hand (FAISS, OpenBLAS, CMake, a C++ compiler, Node.js); going on with what is there"
        return 0
    fi
    local wanted=("$@") missing=() name
    command -v npm >/dev/null 2>&1 || wanted+=(npm)
    for name in "${wanted[@]}"; do
        [ "$(dpkg-query -W -f='${Status}' "$name" 2>/dev/null)" = "install ok installed" ] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        say "these system packages are missing: ${missing[*]}"
        say "install them with this one command, then run this again:"
        printf '\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends %s\n\n' "${missing[*]}" >&2
        exit 1
    fi
    say "installing system packages: ${missing[*]}"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$stamps/apt.log" 2>&1 8>&- ||
        { tail -n 15 "$stamps/apt.log" >&2; fail "apt-get failed; the whole output is in .simsearch/apt.log"; }
}

# The packages of package-lock.json, by content: npm ci runs again only when that file has changed.
install_npm_packages() {
    local lock; lock=$(cksum <package-lock.json)
    [ "$(cat node_modules/.simsearch-lock 2>/dev/null || true)" = "$lock" ] && return 0
    command -v npm >/dev/null 2>&1 || { say "npm is missing: charts stay static, images cannot be read, models do not run; everything else works"; return 0; }
    say "installing the npm packages (plotly.js and the native engines for models and images)"
    npm ci --ignore-scripts --no-audit --no-fund >"$stamps/npm.log" 2>&1 8>&- ||
        { tail -n 15 "$stamps/npm.log" >&2; fail "npm ci failed; the whole output is in .simsearch/npm.log"; }
    printf '%s' "$lock" >node_modules/.simsearch-lock
}

# The compiler that makes machine code of the notebook kernel's own parts (src/SimSearch.Cli/ReadyToRun.targets); a feed without it costs a slower first cell, nothing else.
restore_ahead() {
    [ -e "$stamps/ready-to-run/project.assets.json" ] ||
        dotnet restore scripts/ReadyToRun.proj -v quiet >"$stamps/ready-to-run.log" 2>&1 8>&- ||
        say "the ahead-of-time compiler cannot be restored: notebooks start about a second slower (.simsearch/ready-to-run.log)"
}

build_native() {
    # Its chatter goes to a log: stdout belongs to what the caller prints (./run --json).
    bash src/SimSearch.Faiss/native/build.sh >"$stamps/native.log" 2>&1 ||
        { tail -n 15 "$stamps/native.log" >&2; fail "the native FAISS shim could not be built; the whole output is in .simsearch/native.log"; }
}

# build_projects CONFIGURATION PROJECT...: restores and builds; quiet unless it fails.
build_projects() {
    local configuration=$1 project; shift
    restore_ahead
    for project in "$@"; do
        say "building $(basename "$project" .csproj) ($configuration)"
        dotnet build "$project" -c "$configuration" -v quiet -nodeReuse:false >"$stamps/build.log" 2>&1 8>&- ||
            { grep -E 'error|warn' "$stamps/build.log" | sort -u | head -n 20 >&2; fail "the build failed; the whole output is in .simsearch/build.log"; }
    done
}
