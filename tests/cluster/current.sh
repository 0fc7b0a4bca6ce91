#!/usr/bin/env bash
# Run a target of the Makefile on the current stack: here, where that is what .venv holds, and else on a copy of this
# checkout in a container (image.sh), which has root's rights as this script has.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export CONTAINERS_CONF="$PWD/tests/cluster/containers.conf"

if [ "$(head -1 .venv/stamp)" = current ]; then
    exec make "$@"
fi
tests/cluster/image.sh dev
if ! podman image exists localhost/millrace:dev; then
    echo "So there is no current stack to test on: this machine takes the other one itself (make setup)."
    exit 1
fi
# The set-up is the image's own. uv makes the checkout importable as `make setup` does; what some tests install, it has
# in its cache here.
inside='tar -x && uv pip install --quiet --offline --python /opt/millrace --no-deps --no-build-isolation --editable . &&
    exec make --old-file setup BIN=/opt/millrace/bin "$@"'
options=(--network=host --env CI --env ARGS --volume "$(.venv/bin/uv cache dir):/root/.cache/uv")
[ ! -f "${SSL_CERT_FILE:-}" ] || options+=(--volume "$SSL_CERT_FILE:/certificates.crt:ro" --env SSL_CERT_FILE=/certificates.crt)
prism=""
[ "$1" = test-quick ] || prism=$(.venv/bin/python -m tests.prism)
[ -z "$prism" ] || options+=(--volume "$prism:/usr/local/bin/prism:ro")
[ -z "${PIP_INDEX_URL:-}" ] || options+=(--env "UV_DEFAULT_INDEX=$PIP_INDEX_URL")
git ls-files -z --cached --others --exclude-standard | tar --null --files-from - --ignore-failed-read --create |
    podman run --rm --interactive "${options[@]}" localhost/millrace:dev bash -c "$inside" make "$@"
