#!/usr/bin/env bash
# Makes the NuGet packages and the dotnet tool. Usage: scripts/pack.sh [FOLDER]   [out/packages]
caller=$PWD
. "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
target=$(cd "$caller" && realpath -m "${1:-$root/out/packages}")
begin_setup
require_dotnet
install_packages "${product_packages[@]}"
install_npm_packages
build_native
mkdir -p "$target"
build_projects Release SimSearch.sln
say "packing"
dotnet pack SimSearch.sln --no-build -c Release -o "$target" -v q -nologo -nodeReuse:false >"$stamps/pack.log" 2>&1 8>&- ||
    { tail -n 15 "$stamps/pack.log" >&2; fail "packing failed; the whole output is in .simsearch/pack.log"; }
end_setup
ls -1 "$target"/*.nupkg
