"""All that is changed of a library, as data: what, why, what without it, and the versions it was tested with.

The other modules here are how it is done, each for the entries that name it. One that goes without its patch is left
as it is where another version is installed; where a result would be wrong, nothing runs.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from configs.errors import MillraceError

TFX = ("1.16.0", "1.21.0")  # the versions of the long-lived and of the current stack, as in all that follows
BEAM = ("2.59.0", "2.77.0")


@dataclass(frozen=True)
class Patch:
    """What is changed of a library by a module of this package, and why."""

    module: str  # of this package
    replaces: Mapping[str, str]  # module:attribute to the names of its parameters, or a module that is left out to ""
    why: str
    saves: str
    without: str  # what happens then
    tested: Mapping[str, tuple[str, ...]]  # a distribution's name to its versions
    upstream: str | None = None  # the issue or pull request, like "keras#20585"
    needed: bool = False  # whether a result would be wrong without it


CACHE = Patch(
    "tfx_cache",
    {
        "tfx.orchestration.portable.cache_utils:get_cache_context": "metadata_handle, pipeline_node, pipeline_info, "
        "executor_spec, input_artifacts, output_artifacts, parameters",
        "tfx.orchestration.portable.cache_utils:get_cached_outputs": "metadata_handle, cache_context",
    },
    why="TFX keys a cached result by its inputs' rows in the database, never looks at a file, and offers no hook.",
    saves="Every node whose inputs are equal to earlier ones, whichever run made them.",
    without="Results whose files were damaged are used, and equal ones are made again.",
    tested={"ml-pipelines-sdk": TFX},
    needed=True,
)
LAUNCHER = Patch(
    "tfx_launcher",
    {
        "tfx.orchestration.portable.launcher:Launcher._register_or_reuse_execution": "self, metadata_handle, contexts, "
        "input_artifacts, exec_properties",
        "tfx.orchestration.portable.launcher:Launcher._run_executor": "self, execution_info",
    },
    why="Inputs are fetched before the driver reads them; an executor finds its folders empty; what it made is signed "
    "and stored before it is published. TFX has no hook between its driver, executor and publisher.",
    saves="Nothing but wrong results.",
    without="Files of a killed attempt are published with the next one's, and no artifact has a digest.",
    tested={"ml-pipelines-sdk": TFX},
    needed=True,
)
LARGE_BATCHES = Patch(
    "tfx_io",
    {
        "tfx.components.util.tfxio_utils:make_tfxio": "file_pattern, telemetry_descriptors, payload_format, "
        "data_view_uri, schema, read_as_raw_records, raw_record_column_name, file_format",
        "tfx_bsl.tfxio.tf_example_record:TFExampleRecord.BeamSource": "self, batch_size",
    },
    why="TFX's Evaluator reads Examples row by row and offers no way to say how; what Beam does, it does an element.",
    saves="About half of the CPU time of the Evaluator at 150,000 rows.",
    without="The same results, slower.",
    tested={"tfx": TFX, "tfx-bsl": ("1.16.1", "1.21.0")},
)
UNUSED_BY_TFX = Patch(
    "optional_imports",
    dict.fromkeys(
        (
            "kubernetes_validate",
            "google.cloud.bigquery",
            "google.cloud.bigquery_storage_v1",
            "google.cloud.pubsub",
        ),
        "",
    ),
    why="The Kubernetes client and Beam load them where they are installed, and nothing here uses them.",
    saves="2.4 of the 8 CPU seconds that TFX and the pipeline take to load.",
    without="The same results, slower.",
    tested={"apache-beam": BEAM, "kubernetes": ("26.1.0",), "tfx": TFX},
)
CLIENT = Patch(
    "kfp_client",
    {
        "kfp.client.client:Client._load_config": "self, host, client_id, namespace, other_client_id, "
        "other_client_secret, existing_token, proxy, ssl_ca_cert, kube_context, credentials, verify_ssl",
        "kfp.client.client:Client._load_context_setting_or_default": "self",
        "urllib3.poolmanager:PoolManager.urlopen": "self, method, url, redirect, kw",
    },
    why="kfp's client takes what it is not told from the environment, ~/.config/kfp and kubectl, and follows redirects "
    "with the secret in its hands.",
    saves="Nothing but surprises.",
    without="What a home folder holds decides who asks which server, and a redirect carries the secret elsewhere.",
    tested={"kfp": ("2.5.0", "2.16.1"), "kfp-server-api": ("2.0.5", "2.17.3")},
    needed=True,
)
WORKERS = Patch(
    "keras_workers",
    {
        "keras.src.backend.tensorflow.trainer:TensorFlowTrainer._maybe_symbolic_build": "self, iterator, data_batch",
        "keras.src.backend.tensorflow.trainer:_collective_all_reduce_multi_worker": "strategy",
    },
    why="Keras adds up the rows of all workers to see of what shape a batch is, and takes the mean over an axis that "
    "figures of a step do not have.",
    saves="Nothing: workers cannot share a training otherwise.",
    without="A training that workers share ends before its first step.",
    tested={"keras": ("3.12.4", "3.15.1"), "tensorflow": ("2.16.2", "2.21.0")},
    upstream="keras#20585",
    needed=True,
)
STDERR = Patch(
    "stderr",
    {},
    why="Native libraries write to the file descriptor 2, past Python and its logging.",
    saves="Nothing but noise.",
    without="Their chatter stands between the lines that a person reads.",
    tested={},  # no library's code is touched: it is the same for all
)
PATCHES = (
    CACHE,
    LAUNCHER,
    LARGE_BATCHES,
    UNUSED_BY_TFX,
    CLIENT,
    WORKERS,
    STDERR,
)


@contextmanager
def applied(patch: Patch, **wrappers: Callable[[Any], Any]) -> Iterator[None]:
    """Puts what a wrapper makes of it in the place of each attribute that it is named after; afterwards all is as ever.

    The patch must declare what is replaced. Raises MillraceError as `admit` does.
    """
    declared = {target.partition(":")[2]: target for target in patch.replaces}
    targets = [(declared[name], wrap) for name, wrap in wrappers.items()]
    with ExitStack() as afterwards:
        for target, wrap in targets if admit(patch) else []:
            owner, name = find(target)
            stock = getattr(owner, name)
            afterwards.callback(setattr, owner, name, stock)
            setattr(owner, name, wrap(stock))
        yield


def admit(patch: Patch) -> bool:
    """Whether a patch is tested with what is installed; the log says where it is not.

    Raises MillraceError where a result would be wrong without it.
    """
    strangers = untested(patch)
    if not strangers:
        return True
    found = f"The patch {patch.module} was not tested with {' and '.join(strangers)}"
    if patch.needed:
        raise MillraceError(f"{found}. {patch.without}", remedy="Run make setup, which installs what was tested.")
    logging.warning("%s and is left out. %s", found, patch.without)
    return False


def untested(patch: Patch) -> list[str]:
    """Returns the distributions, with their versions, that are installed and that a patch was not tested with."""
    installed = {name: _installed(name) for name in patch.tested}
    return [f"{name} {found}" for name, found in installed.items() if found not in patch.tested[name]]


def find(target: str) -> tuple[Any, str]:
    """Returns the module or class that holds a module:attribute, loaded, and its name there."""
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    return reduce(getattr, owners, import_module(module)), name


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "that is not installed"
