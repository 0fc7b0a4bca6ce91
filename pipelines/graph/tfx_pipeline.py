"""The TFX pipeline of a config, on one screen."""

from importlib import import_module

from tfx.dsl.compiler.compiler import Compiler
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.orchestration.pipeline import Pipeline
from tfx.proto.orchestration import pipeline_pb2

from configs.nodes import NODES, NodeSpec
from configs.schema.config import Config
from pipelines.graph import beam_runner, fingerprint
from pipelines.graph.nodes import choose_nodes
from pipelines.runs.mlmd import connection
from trainer.models.families import FAMILIES

MODULES = {spec.id: import_module(spec.module) for spec in NODES.values()}


def build(config: Config, cache: bool = True) -> Pipeline:
    """Returns the TFX pipeline that the config describes."""
    made: dict[str, BaseComponent] = {}
    for spec in choose_nodes(config):
        made[spec.id] = MODULES[spec.id].build(config, made)
        equip(made[spec.id], spec, config)
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(config.home.artifacts),
        components=list(made.values()),
        enable_cache=cache,
        metadata_connection_config=connection(config),
    )


def equip(component: BaseComponent, spec: NodeSpec, config: Config) -> None:
    """Gives a node the digest of its code and of the packages, and one on Beam the engine that it runs on.

    The digests are flags of the executor, which are part of the cache's key.
    """
    executor = component.executor_spec
    executor.add_extra_flags(
        [f"--code={fingerprint.of_code(list_modules(spec, config))}", f"--packages={fingerprint.of_packages()}"]
    )
    if spec.on_beam:
        executor.add_beam_pipeline_args(beam_runner.list_flags(config.beam.engine(spec.id)))


def list_modules(spec: NodeSpec, config: Config) -> list[str]:
    """Returns the modules that a node's code begins in: its own, and those that it reaches by a dotted path."""
    searched = config.tuning.families if config.tuning else set()
    families = sorted(FAMILIES[name].split(":")[0] for name in {config.model.family, *searched})
    return [spec.module, *spec.reaches, *(families if spec.trains else [])]


def compile_ir(config: Config, cache: bool = True) -> pipeline_pb2.Pipeline:
    """Returns the pipeline as TFX's intermediate representation, which every backend launches nodes from."""
    return Compiler().compile(build(config, cache))
