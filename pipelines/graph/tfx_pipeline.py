"""The TFX pipeline of a config, on one screen."""

from tfx.dsl.compiler.compiler import Compiler
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.executor_spec import BeamExecutorSpec
from tfx.orchestration.pipeline import Pipeline
from tfx.proto.orchestration import pipeline_pb2

from components.data_gate import data_gate
from components.evaluator import evaluator
from components.example_gen import example_gen
from components.load_check import load_check
from components.pusher import pusher
from components.resolver import resolver
from components.schema_gen import schema_gen
from components.sklearn_baselines import sklearn_baselines
from components.statistics_gen import statistics_gen
from components.trainer import trainer
from components.transform import transform
from components.tuner import tuner
from configs.schema.beam import Beam
from configs.schema.config import Config
from pipelines.graph import beam_runner, fingerprint, nodes
from pipelines.runs.mlmd import connection
from trainer.models import FAMILIES


def build(config: Config, cache: bool = True) -> Pipeline:
    """Returns the TFX pipeline that the config describes."""
    examples = example_gen(config)
    statistics = statistics_gen(config, examples.outputs["examples"])
    schema = schema_gen(config, statistics.outputs["statistics"])
    gate = data_gate(config, statistics.outputs["statistics"], schema.outputs["schema"])
    prepare = transform(config, examples.outputs["examples"], schema.outputs["schema"])
    prepare.add_upstream_node(gate)
    prepared = prepare.outputs["transformed_examples"], prepare.outputs["transform_graph"]
    tune = tuner(config, config.tuning, *prepared) if config.tuning else None
    train = trainer(config, *prepared, tune.outputs["best_hyperparameters"] if tune else None)
    model = train.outputs["model"]
    base = resolver(config, model)
    judge = evaluator(config, examples.outputs["examples"], model, base.outputs["model"])
    load = load_check(config, model, prepare.outputs["transform_graph"], examples.outputs["examples"])
    push = pusher(
        config,
        model,
        model_blessing=judge.outputs["blessing"],
        infra_blessing=load.outputs["blessing"],
        evaluation=judge.outputs["evaluation"],
        schema=schema.outputs["schema"],
        statistics=statistics.outputs["statistics"],
    )
    others = [sklearn_baselines(config, *prepared, examples.outputs["examples"])] if config.baselines else []
    others += [tune] if tune else []
    return Pipeline(
        pipeline_name=config.name,
        pipeline_root=str(config.home.artifacts),
        components=engage(
            config.beam,
            stamp(config, [examples, statistics, schema, gate, prepare, train, base, judge, load, push, *others]),
        ),
        enable_cache=cache,
        metadata_connection_config=connection(config),
    )


def stamp(config: Config, components: list[BaseComponent]) -> list[BaseComponent]:
    """Gives every node the digest of its code and of the packages: flags of the executor are part of the cache key."""
    modules = {node.id: [node.module, *reached_by_name(config).get(node.id, [])] for node in nodes.NODES}
    for component in components:
        component.executor_spec.add_extra_flags(
            [f"--code={fingerprint.of_code(modules[component.id])}", f"--packages={fingerprint.of_packages()}"]
        )
    return components


def engage(beam: Beam, components: list[BaseComponent]) -> list[BaseComponent]:
    """Gives every node that runs on Beam the engine that it runs on."""
    for component in components:
        if isinstance(component.executor_spec, BeamExecutorSpec):
            component.executor_spec.add_beam_pipeline_args(beam_runner.list_flags(beam.engine(component.id)))
    return components


def reached_by_name(config: Config) -> dict[str, list[str]]:
    """Returns the modules that a node reaches by a dotted path instead of an import."""
    searched = config.tuning.families if config.tuning else set()
    families = sorted(FAMILIES[name].split(":")[0] for name in {config.model.family, *searched})
    return {
        "Transform": ["trainer.features.preprocessing_fn"],
        "Tuner": ["trainer.tuner_fn", *families],
        "Trainer": ["trainer.run_fn", *families],
        "Evaluator": ["components.evaluation.slice_extractor"],
        "LoadCheck": ["components.load_check_process"],
    }


def compile_ir(config: Config, cache: bool = True) -> pipeline_pb2.Pipeline:
    """Returns the pipeline as TFX's intermediate representation, which every backend launches nodes from."""
    return Compiler().compile(build(config, cache))
