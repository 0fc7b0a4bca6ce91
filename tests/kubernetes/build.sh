#!/usr/bin/env bash
# Build Kubernetes' own servers from the Go module proxy, for the tests beside this file: twelve CPU minutes and 4 GB
# of Go's caches the first time, nothing while `servers/` stays as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
program="$PWD/../../.pytest_cache/kubernetes/servers"

if ! command -v go >/dev/null; then
    echo "No Kubernetes: that needs Go 1.24 or newer (https://go.dev/dl)."
    exit 0
fi
if [ -x "$program" ] && [ -z "$(find servers -newer "$program")" ]; then
    exit 0
fi
mkdir -p "$(dirname "$program")"
version=$(sed -n 's/^\tk8s.io\/kubernetes //p' servers/go.mod)
stamp="-X k8s.io/component-base/version.gitVersion=$version -X k8s.io/component-base/version.gitMajor=1"
stamp+=" -X k8s.io/component-base/version.gitMinor=$(cut -d. -f2 <<<"$version")"
CGO_ENABLED=0 nice go build -C servers -trimpath -tags grpcnotrace -ldflags "-s -w $stamp" -o "$program" .
