"""Connecting to the service that a config names: Kubeflow Pipelines, or Vertex AI."""

import os
from importlib import import_module
from pathlib import Path

from components.patches.ledger import UNUSED_BY_TFX
from components.patches.optional_imports import left_out
from components.patches.stderr import silence
from configs.schema.access import OpenIdConnect, ServiceAccount
from configs.schema.config import Config
from pipelines.remote.service import Service

TOKEN = "KF_PIPELINES_SA_TOKEN_PATH"  # where a full Kubeflow puts the token for its API, if not in kfp's own place
SERVICES = {"kubeflow": "pipelines.remote.kubeflow:Kubeflow", "vertex": "pipelines.remote.vertex:Vertex"}


def connect_service(engine: str, config: Config) -> Service:
    """Returns the service of that name, which has answered once.

    Raises ConfigError where the config does not say what it takes, and MillraceError where it does not answer.
    """
    if engine == "kubeflow" and isinstance(config.cluster.access, OpenIdConnect):
        from pipelines.remote.openid import read_token

        read_token(config.cluster.access)  # a person may have to log in, who is not to be kept from seeing how
    module, _, name = SERVICES[engine].partition(":")
    # kubernetes looks for kubernetes_validate, which takes seconds to load and is nothing to us.
    with silence(), left_out(UNUSED_BY_TFX):
        service: Service = getattr(import_module(module), name)(config)
    return service


def reach_from_pod(config: Config) -> Config:
    """Returns the config by which a pod reaches Kubeflow Pipelines: within the cluster, with the pod's own token."""
    token = Path(os.environ.get(TOKEN) or ServiceAccount(kind="service_account").file)
    access = ServiceAccount(kind="service_account", file=str(token)) if token.exists() else None
    cluster = config.cluster.model_copy(update={"host": config.cluster.api, "access": access, "ca_file": None})
    return config.model_copy(update={"cluster": cluster})
