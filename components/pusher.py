"""Pusher: puts a candidate that has earned it into service, or lets it wait as a challenger."""

import json
from pathlib import Path
from typing import Any

from tfx import types
from tfx.components.util import model_utils
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration.driver_output_pb2 import DriverOutput
from tfx.types import artifact_utils, standard_artifacts
from tfx.utils import path_utils

from components import in_service_driver
from components.base import Made, find_trained, node
from components.evaluation.model_card import describe_model, write_markdown
from components.evaluation.results import failures, overall, read_measured
from components.registry import challenger
from components.registry.model_registry import TOLD, Candidate, Record, publish
from components.registry.tree_digest import DIGEST
from components.resolver import MODEL_DIGEST
from components.schemas.tfdv_schema import read_statistics
from components.summaries import Outputs, Summary
from configs.errors import NotBlessed
from configs.home import Home
from configs.schema.config import Config
from trainer.export.signatures import SPENT

ASIDE = ("storage", "beam", "resources", "schedule", "cluster", "image", "tracking")  # what a version needs not know
CARD = "model_card.md"
CHALLENGER = "challenger"  # the property in which the output has its number among those that wait
CARRIED = ("schema", "statistics", "evaluation")  # what a version has in its assets.extra, of the nodes before


def build(config: Config, made: Made) -> BaseComponent:
    """Returns the node that publishes a blessed model with what it was judged by, and refuses any other."""
    return node(
        "Pusher",
        Executor,
        inputs={
            "model": find_trained(made),
            "model_blessing": made["Evaluator"].outputs["blessing"],
            "infra_blessing": made["LoadCheck"].outputs["blessing"],
            "evaluation": made["Evaluator"].outputs["evaluation"],
            "schema": made["SchemaGen"].outputs["schema"],
            "statistics": made["StatisticsGen"].outputs["statistics"],
            "baseline": made["Resolver"].outputs["model"],
        },
        outputs={"pushed_model": standard_artifacts.PushedModel},
        parameters={
            "home": str(config.home.root),
            "config": config.model_dump_json(exclude=dict.fromkeys(ASIDE, True)),
            "shadow": str(config.evaluation.shadow.spans) if config.evaluation.shadow else "",
            in_service_driver.IN_SERVICE: "",
        },
        driver=Driver,
        optional=["baseline"],
    )


def summarise(outputs: Outputs) -> Summary:
    """Returns which version the model is, and whether it was published just now; or that it waits as a challenger."""
    [pushed] = outputs["pushed_model"]
    number, new = pushed.get_int_custom_property("version"), bool(pushed.get_int_custom_property("new"))
    if waiting := pushed.get_int_custom_property(CHALLENGER):
        return Summary("blessed, and waits as a challenger", {CHALLENGER: waiting, "new": new})
    return Summary(TOLD[new].format(number), {"version": number, "new": new})


class Driver(in_service_driver.Driver):
    """Adds to what is in service how the newest challenger stands, where there may be one."""

    def run(self, execution_info: ExecutionInfo) -> DriverOutput:
        output = super().run(execution_info)
        if execution_info.exec_properties["shadow"]:
            stands = challenger.fingerprint(Home(Path(execution_info.exec_properties["home"])))
            output.exec_properties[in_service_driver.IN_SERVICE].string_value += f" {stands}"
        return output


class Executor(BaseExecutor):
    """Publishes to the registry; raises NotBlessed with the figures that fell short, or with what the door says."""

    def Do(self, input_dict: dict[str, Any], output_dict: dict[str, Any], exec_properties: dict[str, Any]) -> None:
        [baseline] = input_dict.pop("baseline", None) or [None]
        found = {key: artifact_utils.get_single_instance(artifacts) for key, artifacts in input_dict.items()}
        uri = {key: artifact.uri for key, artifact in found.items()}
        require_blessing(input_dict, uri["evaluation"])
        pushed = artifact_utils.get_single_instance(output_dict["pushed_model"])
        config, card = Path(pushed.uri, "config.json"), Path(pushed.uri, CARD)
        config.write_text(exec_properties["config"])
        model = Path(path_utils.serving_model_path(uri["model"]))
        card.write_text(self.write_card(exec_properties["config"], found["statistics"], uri["evaluation"], model))
        waits = exec_properties["shadow"] and baseline  # the first version has nobody to win against
        enter, number = (challenger.challenge, CHALLENGER) if waits else (publish, "version")
        published = enter(
            Home(Path(exec_properties["home"])),
            Candidate(
                model=model,
                extras={key: Path(uri[key]) for key in CARRIED} | {"config.json": config, CARD: card},
                seals={Path(uri[key]): found[key].get_string_custom_property(DIGEST) for key in ("model", *CARRIED)},
            ),
            record=Record(run=self._context.pipeline_run_id, metrics=overall(read_measured(uri["evaluation"]))),
            against=baseline and baseline.get_string_custom_property(MODEL_DIGEST),
        )
        pushed.set_int_custom_property(number, published.version.number)
        pushed.set_int_custom_property("new", int(published.new))

    def write_card(self, config: str, statistics: types.Artifact, evaluation: str, model: Path) -> str:
        """Returns the model card of a candidate, in Markdown."""
        rows = {split: found.datasets[0].num_examples for split, found in read_statistics(statistics).items()}
        counted = model / SPENT
        card = describe_model(
            Config.model_validate_json(config),
            read_measured(evaluation),
            rows,
            self._context.pipeline_run_id,
            spent=json.loads(counted.read_text()) if counted.exists() else None,
        )
        return write_markdown(card)


def require_blessing(input_dict: dict[str, Any], evaluation: str) -> None:
    """Raises NotBlessed unless both the Evaluator and the load check blessed the model."""
    if not model_utils.is_model_blessed(artifact_utils.get_single_instance(input_dict["model_blessing"])):
        missed = map(str, failures(evaluation))
        raise NotBlessed(
            "The candidate is not blessed: " + "; ".join(missed) + ".",
            where="Evaluator",
            remedy="The version in service stays. Improve the model, change evaluation.thresholds, "
            "or put it into service all the same with `millrace promote CONFIG --run RUN --reason REASON`.",
        )
    if not model_utils.is_infra_validated(artifact_utils.get_single_instance(input_dict["infra_blessing"])):
        raise NotBlessed("The candidate did not pass the load check.", where="LoadCheck")
