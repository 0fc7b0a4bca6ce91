"""The same containers for Vertex AI Pipelines, which shows no Kubernetes: machines by its names, and its secrets."""

from dataclasses import replace
from typing import Any

from configs.errors import ConfigError
from configs.schema.accelerators import Accelerator
from pipelines.compiler import node_pools
from pipelines.compiler.container_plan import Container, Plan
from pipelines.compiler.engines import refuse_absent
from pipelines.compiler.pipeline_spec import specify


def describe(plan: Plan) -> list[dict[str, Any]]:
    """Returns the one document of a file for Vertex; a ConfigError names what Vertex has not."""
    config, document = plan.config, plan.document
    if config.training.workers > 1:
        what = "training.workers meet in a folder that all see, and steps of Vertex have none"
        remedy = "Leave it out: one process of a step takes all cores that resources.Trainer.cpu gives it."
        raise ConfigError(what, document.where(("training", "workers")), remedy)
    if not config.cluster.root.startswith("gs://"):
        what = f"'{config.cluster.root}' is no place that Vertex can keep things in"
        raise ConfigError(what, document.where(("cluster", "root")), "Set it to gs://BUCKET/FOLDER.")
    if config.cluster.vertex is None:
        remedy = "Add project, location and metadata below it."
        raise ConfigError("missing key 'vertex'", document.where(("cluster", "vertex")), remedy)
    refuse_absent(config, document)
    secret = ("--metadata-secret", config.cluster.vertex.metadata)
    decide = plan.decide and _add(plan.decide, secret)
    told = replace(
        plan, decide=decide, nodes=tuple(_add(node, secret) for node in plan.nodes), finish=_add(plan.finish, secret)
    )
    known = node_pools.read_pools()

    def accelerate(container: Container, _: Accelerator) -> str:
        name = str(container.resources.node_pool)
        if vertex := known[name].vertex:
            return vertex
        offered = ", ".join(pool for pool in known if known[pool].vertex)
        where = document.where(("resources", container.owner, "node_pool"))
        raise ConfigError(f"Vertex has no machines like those of '{name}'", where, f"It has {offered}.")

    return [specify(told, accelerate)]


def _add(container: Container, args: tuple[str, ...]) -> Container:
    return replace(container, args=(*container.args, *args))
