#!/usr/bin/env bash
# Builds geth and installs Lodestar, each at the version that is pinned beside this file, into geth and lodestar/ of the directory
# given (default: build/ of the checkout). Nothing native is compiled for Lodestar: its install scripts do not run.
set -euo pipefail
cd "$(dirname "$0")"

command -v node >/dev/null && command -v npm >/dev/null || {
  echo "Lodestar, the consensus client of these tests, needs Node.js 18 or later, with npm: not found" >&2
  exit 1
}

out=${1:-../../build}
mkdir -p "$out/lodestar"
out=$(cd "$out" && pwd)

(cd geth && go build -o "$out/geth" github.com/ethereum/go-ethereum/cmd/geth)
echo "$out/geth $(cd geth && go list -m -f '{{.Version}}' github.com/ethereum/go-ethereum)"

cp -R lodestar/. "$out/lodestar"
(cd "$out/lodestar" && npm ci)
echo "$out/lodestar $(node -p "require('$out/lodestar/node_modules/@chainsafe/lodestar/package.json').version")"
