"""The job that a node would hand to Dataflow, as Beam's own client would send it: for a look at it before it costs.

The network is not asked. What the client would put into the bucket beside it, the graph of the node's work and a list
of packages, is not made: the graph follows from what the nodes before it leave.
"""

import json
from collections.abc import Sequence
from typing import Any

from configs.errors import ConfigError
from configs.nodes import NODES
from configs.schema.config import Config
from pipelines.execution.engine_jobs import flags_of_run, name_job
from pipelines.graph.beam_runner import find_endpoint, list_flags


def describe_place(config: Config, node: str, run: str) -> dict[str, Any]:
    """Returns what does the work of a node, the name of its job there and where it is asked; and of a job of Dataflow
    the request.
    """
    engine = config.beam.engine(node)
    if not NODES[node].on_beam or engine.runner == "direct":
        return {"runner": "direct"}
    flags = list_flags(engine)
    endpoint = find_endpoint(flags)
    place = {"runner": engine.runner, "job": name_job(config.name, node, run)} | ({"at": endpoint} if endpoint else {})
    if engine.runner != "dataflow":
        return place
    return place | {"request": describe_job([*flags, *flags_of_run(flags, config.name, node, run)])}


def describe_job(flags: Sequence[str]) -> dict[str, Any]:
    """Returns the body of the request (projects.locations.jobs.create of Dataflow's v1b3) that Beam makes of flags.

    Raises ConfigError for options that Dataflow would refuse.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions, TestOptions
    from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner
    from apache_beam.runners.dataflow.internal.apiclient import DataflowApplicationClient

    class Unsent(DataflowApplicationClient):
        """Beam's client, which puts nothing into the bucket."""

        def stage_file(self, *_: Any, **__: Any) -> None:
            return None

        stage_file_with_retry = _gcs_file_copy = stage_file

    runner, options = DataflowRunner(), PipelineOptions([*flags, "--dry_run=True"])
    _check(options, runner)
    graph = beam.Pipeline()  # of no runner, whose check would ask for the bucket
    _ = graph | beam.Impulse()
    job = runner.run_pipeline(graph, options).job
    job.options.view_as(TestOptions).dry_run = False
    client = Unsent(PipelineOptions([*flags, "--no_auth"]), job.root_staging_location)
    client.create_job_description(job)
    return dict(json.loads(job.json()))


def _check(options: Any, runner: Any) -> None:
    from apache_beam.options.pipeline_options import GoogleCloudOptions
    from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator

    validator, cloud = PipelineOptionsValidator(options, runner), options.view_as(GoogleCloudOptions)
    wrong = [*validator.validate_cloud_options(cloud), *validator.validate_gcs_path(cloud, "temp_location")]
    if wrong:
        raise ConfigError(f"Dataflow would refuse it: {wrong[0]}", "beam.args", "Correct it.")
