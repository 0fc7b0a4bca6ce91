"""What a run takes in containers, with a step a node and with fused ones: `python -m tests.cluster.timing`.

After `make test-cluster`, which builds the image. Printed are the wall seconds of a first run and of one that has
nothing to do, and how many containers each had; Kubernetes' own time is in none of them.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster.backends import Podman, Processes
from tests.cluster.conftest import Cluster, furnish
from tests.fakes import mariadb
from tests.pipelines.conftest import free_port


def main() -> None:
    """Measures each way in a cluster of its own."""
    backend = Podman() if Podman.is_here() else Processes()
    print(f"{backend.title}\n| `cluster.steps` | first run | the same again |\n|---|---|---|")  # noqa: T201
    for steps in ("each", "fused"):
        with TemporaryDirectory(prefix="cluster-") as folder, mariadb.serve(free_port()) as url:
            cluster = Cluster(Path(folder), backend, url)
            furnish(cluster.volume)
            cluster.compile(f"cluster.steps={steps}")
            print(f"| `{steps}` | {measure(cluster)} | {measure(cluster)} |")  # noqa: T201


def measure(cluster: Cluster) -> str:
    """Returns what a run takes, in words."""
    start = time.monotonic()
    run = cluster.run()
    assert run.succeeded, run.record["error"]
    return f"{time.monotonic() - start:.0f} s, {sum(len(ending.codes) for ending in run.endings.values())} containers"


if __name__ == "__main__":
    main()
