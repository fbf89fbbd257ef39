#!/usr/bin/env bash
# Builds the FAISS shim into native/build (Release). Does nothing when nothing changed. Usage: build.sh [cmake options]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build="$here/build"
mkdir -p "$build"
# Two builds at once (parallel projects, two terminals) wait for each other.
if command -v flock >/dev/null; then exec 9>"$build/.lock"; flock 9; fi
# A mark of our own, not CMakeCache.txt: that is also there after a configuration that failed (no FAISS yet, say), and would be believed.
if [ ! -f "$build/.configured" ] || [ "$#" -gt 0 ] || [ "$here/CMakeLists.txt" -nt "$build/.configured" ]; then
  echo "native: configuring in $build"
  rm -f "$build/.configured"
  cmake -S "$here" -B "$build" -DCMAKE_BUILD_TYPE=Release "$@"
  touch "$build/.configured"
fi
cmake --build "$build" --config Release --parallel 2
