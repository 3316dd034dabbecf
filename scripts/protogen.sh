#!/usr/bin/env bash
# Runs scripts/protogen (generate, check or vendor) on this checkout. Needs Go only; offline once modules are cached.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .bin
(cd scripts/protogen && go build -o ../../.bin/protogen .)
exec .bin/protogen "${1:-generate}"
