#!/usr/bin/env bash
# Builds wasmd, the original chain of the demo, into the directory given (default: build/ of the checkout).
# wasmd links a shared library, libwasmvm: it is copied beside the binary, which looks for it there first,
# so both can be moved together and outlive the module cache.
set -euo pipefail
cd "$(dirname "$0")"

out=${1:-../../build}
mkdir -p "$out"
out=$(cd "$out" && pwd)

version=$(go list -m -f '{{.Version}}' github.com/CosmWasm/wasmd)
ldflags="-s -w -r \$ORIGIN
  -X github.com/cosmos/cosmos-sdk/version.Name=wasm
  -X github.com/cosmos/cosmos-sdk/version.AppName=wasmd
  -X github.com/cosmos/cosmos-sdk/version.Version=$version
  -X github.com/CosmWasm/wasmd/app.Bech32Prefix=wasm"
go build -ldflags "$(tr '\n' ' ' <<<"$ldflags")" -o "$out/wasmd" github.com/CosmWasm/wasmd/cmd/wasmd

libraries=$(go list -m -f '{{.Dir}}' github.com/CosmWasm/wasmvm/v3)/internal/api
case "$(go env GOOS)/$(go env GOARCH)" in
linux/amd64) library=libwasmvm.x86_64.so ;;
linux/arm64) library=libwasmvm.aarch64.so ;;
darwin/*) library=libwasmvm.dylib ;;
*) echo "no libwasmvm for $(go env GOOS)/$(go env GOARCH)" >&2; exit 1 ;;
esac
install -m 0755 "$libraries/$library" "$out/$library"
echo "$out/wasmd $version"
