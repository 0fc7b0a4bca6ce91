"""The node pools of deploy/nodepools.yaml, and what a step's resources are in the one that they name."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import Field, PositiveInt, RootModel, ValidationError, model_validator

from configs.errors import ConfigError
from configs.loading.error_messages import explain, suggest
from configs.loading.loader import text_of
from configs.loading.yaml_document import Document, parse
from configs.repository import ROOT
from configs.schema.accelerators import Accelerator
from configs.schema.config import Config
from configs.schema.kubernetes import Labels, count_bytes, count_cpus
from configs.schema.resources import Requests, Resources, Tolerations
from configs.schema.section import Section, Text

FILE = ROOT / "deploy" / "nodepools.yaml"
_ADD = "Pools are added in deploy/nodepools.yaml."


class Pool(Section):
    """Machines of one kind, and how a step gets there."""

    accelerator: Text | None = None
    chips: PositiveInt | None = Field(default=None, description="Of one machine.")
    topology: str | None = None
    node_selector: Labels = {}
    tolerations: Tolerations = ()
    vertex: Text | None = Field(default=None, description="What Vertex AI calls the accelerator.")

    @model_validator(mode="after")
    def _check_chips(self) -> "Pool":
        if (self.accelerator is None) != (self.chips is None):
            raise ValueError("has both of accelerator and chips, or none")
        if self.accelerator and self.chips:
            whole = Accelerator(type=self.accelerator, count=self.chips, topology=self.topology)
            if whole.chips != self.chips:
                raise ValueError(f"topology '{self.topology}' has {whole.chips} chips, and one machine {self.chips}")
        return self


class Pools(RootModel[dict[Text, Pool]]):
    """Pools by name."""


def read_pools(path: Path = FILE) -> dict[str, Pool]:
    """Returns the pools that a file describes; a ConfigError names what is wrong in it."""
    document = parse(text_of(path), str(path))
    try:
        return Pools.model_validate(document.data).root
    except ValidationError as error:
        raise explain(error, Pools, document) from None


def settle(step: str, config: Config, pools: Mapping[str, Pool], document: Document) -> Resources:
    """Returns a step's resources over the default ones, with what its node pool brings along.

    A ConfigError names the key of `document` that asks for what there is not.
    """
    given: dict[Any, Resources] = {**config.resources}
    own = given.get(step, Resources())
    merged = given.get("default", Resources()).merge(own)

    def where(key: str) -> str:
        return document.where(("resources", step if key in own.model_fields_set else "default", key))

    name = merged.node_pool
    if name is None and merged.accelerator:
        name = _find(merged.accelerator, pools, where("accelerator"))
    _check(merged, where)
    if name is None:
        return merged
    if name not in pools:
        nearest = get_close_matches(name, pools, cutoff=0.5)
        known = f"Nearest: {', '.join(nearest)}." if nearest else f"Known: {', '.join(pools)}."
        raise ConfigError(f"unknown node pool '{name}'", where("node_pool"), f"{known} {_ADD}")
    pool = pools[name]
    changes = {
        "node_pool": name,
        "accelerator": _fit(merged.accelerator, name, pool, where("accelerator")),
        "node_selector": {**pool.node_selector, **merged.node_selector},
        "tolerations": (*pool.tolerations, *merged.tolerations),
    }
    settled = merged.model_copy(update=changes)
    if settled.ephemeral_storage and settled.accelerator:
        what = f"has ephemeral_storage beside {settled.accelerator.type}, and Kubeflow can limit a step to one of them"
        raise ConfigError(what, where("ephemeral_storage"), "Leave it out, or mount a volume.")
    return settled


def _check(merged: Resources, where: Callable[[str], str]) -> None:
    """Raises ConfigError for what a step's own resources and the default ones cannot be together."""
    least = merged.requests or Requests()
    for key, amount in (("cpu", count_cpus), ("memory", count_bytes)):
        asked, most = getattr(least, key), getattr(merged, key)
        if asked and most and amount(asked) > amount(most):
            what = f"asks for {asked} of {key}, which is more than the {most} that the step may use"
            raise ConfigError(what, where("requests"), f"Ask for less, or raise {key}.")
    if len(set(merged.volumes.values())) < len(merged.volumes):
        raise ConfigError("mount a claim twice, which Kubeflow cannot", where("volumes"), "Mount it once.")
    if merged.shared_memory and "/dev/shm" in merged.volumes:  # noqa: S108
        raise ConfigError("'/dev/shm' is a volume already", where("shared_memory"), "Leave one of them out.")
    if merged.user is None and merged.group is not None:
        what = "is given without a user, who is left to the image"
        raise ConfigError(what, where("group"), "Leave it out, or name the user as well.")


def _find(wanted: Accelerator, pools: Mapping[str, Pool], where: str) -> str:
    """Returns the first pool that has an accelerator."""
    for name, pool in pools.items():
        if (pool.accelerator, pool.topology) == (wanted.type, wanted.topology):
            return name
    topologies = [str(pool.topology) for pool in pools.values() if pool.accelerator == wanted.type]
    if topologies:
        what = f"no node pool has '{wanted.type}' of topology '{wanted.topology}', which is {wanted.chips} chips"
        raise ConfigError(what, where, f"A step is one machine: {', '.join(topologies)}.")
    known = sorted({pool.accelerator for pool in pools.values() if pool.accelerator})
    nearest = suggest(wanted.type, known) or f"Known: {', '.join(known)}."
    raise ConfigError(f"no node pool has '{wanted.type}'", where, f"{nearest} {_ADD}")


def _fit(wanted: Accelerator | None, name: str, pool: Pool, where: str) -> Accelerator | None:
    """Returns what a step gets of a pool's machine: all chips of a TPU, as many GPUs as it wants, or one."""
    if pool.accelerator is None or pool.chips is None:
        if wanted is None:
            return None
        raise ConfigError(
            f"the node pool '{name}' has no accelerator", where, "Leave it out, or name another node_pool."
        )
    whole = Accelerator(type=pool.accelerator, count=pool.chips, topology=pool.topology)
    if wanted is None:
        return whole if whole.topology else whole.model_copy(update={"count": 1})
    if wanted.type != whole.type:
        what = f"the node pool '{name}' has '{whole.type}', not '{wanted.type}'"
        raise ConfigError(what, where, "Leave the accelerator out, or name another node_pool.")
    if wanted.topology != whole.topology:
        what = f"topology '{wanted.topology}' has {wanted.chips} chips, and a machine of '{name}' {whole.count}"
        raise ConfigError(what, where, f"A step is one machine: take '{whole.topology}', or another node_pool.")
    if whole.topology and "count" not in wanted.model_fields_set:
        return whole
    if wanted.count > whole.count or (whole.topology and wanted.count < whole.count):
        what = f"{wanted.count} of '{wanted.type}' are asked for, and a machine of '{name}' has {whole.count}"
        remedy = "A step takes all chips of its TPU." if whole.topology else f"Ask for at most {whole.count}."
        raise ConfigError(what, where, remedy)
    return wanted
