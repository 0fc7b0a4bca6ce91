"""Whether a run of a cluster is known to have ended: by its service, and by Kubernetes where that may be asked.

Kubeflow tells of a run whose workflow was deleted that it is running, for ever; Kubernetes knows that there is no such
workflow any more.
"""

import os

from configs.errors import MillraceError
from configs.schema.config import Config
from pipelines.remote import workloads
from pipelines.remote.connect import connect_service, reach_from_pod

WITHIN = "KUBERNETES_SERVICE_HOST"  # is set in every pod


def find_end(config: Config, run_id: str) -> str | None:
    """Returns why a run is known to have ended; None where it goes on, or where nobody can tell."""
    within = WITHIN in os.environ
    if not within and config.cluster.host is None and config.cluster.vertex is None:
        return None
    engine = "vertex" if config.cluster.vertex else "kubeflow"
    try:
        reached = reach_from_pod(config) if within and engine == "kubeflow" else config
        service = connect_service(engine, reached)
        run = service.get_run(run_id)
    except MillraceError:  # it is not known there, or nobody is reached
        return None
    if run.ended:
        return f"run {run_id} has ended: {run.state.lower()}"
    kubernetes = workloads.connect(config.cluster.namespace) if engine == "kubeflow" else None
    if kubernetes is None or kubernetes.has_workflow(run_id) is not False:
        return None
    if not within and not kubernetes.list_runs() & {each.run for each in service.newest()}:
        return None  # a kubeconfig may be of another cluster, where none of these runs ever was
    return f"run {run_id} has no workflow in Kubernetes any more, whatever Kubeflow says"
