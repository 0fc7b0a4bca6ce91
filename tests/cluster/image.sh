#!/usr/bin/env bash
# Build the image of this very code for the cluster test; asked for `beam`, the one that Beam's engines can start; asked
# for `dev`, what checks a checkout on the current stack (current.sh). BASE names what to build on; without it a Debian
# is made here, so that no registry is needed. A machine on which that cannot be done is told so, and the cluster test
# takes the weaker way.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export CONTAINERS_CONF="$PWD/tests/cluster/containers.conf"

PATH="$PATH:/usr/sbin"
if [ "$(id -u)" -ne 0 ] || ! command -v podman >/dev/null || ! command -v runc >/dev/null; then
    echo "No image: that needs root and podman (apt-get install podman runc debootstrap)."
    exit 0
fi
flavour=cpu settings=()
if [ "${1:-}" = beam ]; then
    flavour=cpu-beam
    args='{job_endpoint: none, environment_type: DOCKER, sdk_container_image: none}'
    settings=(--set "beam={runner: portable, args: $args}")
fi
digest=$(.venv/bin/python -c 'from pipelines.graph.fingerprint import of_image; print(of_image())')
image="localhost/millrace:$flavour-$digest"
if [ "${1:-}" != dev ] && podman image exists "$image"; then
    echo "$image is here."
    exit 0
fi
base=${BASE:-localhost/millrace-base:trixie}
if [ -z "${BASE:-}" ] && ! podman image exists "$base"; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -1)
    debootstrap --variant=minbase trixie "$folder/root" "$mirror" >"$folder/log" || { tail "$folder/log"; exit 1; }
    tar -C "$folder/root" -c . | podman import --quiet - "$base"
fi
options=(--network=host --quiet)
[ ! -f "${SSL_CERT_FILE:-}" ] || options+=(--secret "id=certificates,src=$SSL_CERT_FILE")
[ -z "${PIP_INDEX_URL:-}" ] || options+=(--build-arg "PIP_INDEX_URL=$PIP_INDEX_URL")
if [ "${1:-}" = dev ]; then
    podman build --file deploy/Dockerfile --target dev --tag localhost/millrace:dev --build-arg LOCK=current.txt \
        --build-arg "BASE=$base" "${options[@]}" .
else
    .venv/bin/millrace image configs/taxi.yaml --engine podman --base "$base" "${settings[@]}" -- "${options[@]}"
fi
