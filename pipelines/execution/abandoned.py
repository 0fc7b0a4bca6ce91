"""A run of a cluster that nobody ends any more: it is closed by a person's word, which its record keeps."""

from typing import Any

from configs.errors import ConfigError, MillraceError
from configs.schema.config import Config
from pipelines.execution.container_entrypoint import close_run
from pipelines.remote.liveness import find_end
from pipelines.runs.lease import find_holder, release_lease
from pipelines.runs.run import Run
from pipelines.storage import sync


def release_run(config: Config, run: Run, by: str, reason: str) -> dict[str, Any]:
    """Ends a run and gives back what it holds; returns its record, which says by whom and why, or of what ended it.

    What may go on of it after all learns that its run has ended with its next step. Raises ConfigError for a run that
    has ended and holds nothing, for one that is unknown, and where there is no lease.
    """
    if config.storage.metadata is None:
        remedy = "The process that holds it is its lock. In a cluster, name the database whose row the lease is."
        raise ConfigError("One machine has no lease", "storage.metadata", remedy)
    sync.fetch_files(config.home, run.folder)
    holds = find_holder(config) == run.id
    if not holds and (run.record.exists() or not run.folder.exists()):
        what = "has ended, and holds nothing" if run.record.exists() else "is none of this pipeline's"
        raise ConfigError(f"run {run.id} {what}", str(config.home.runs), "See: millrace runs CONFIG")
    known = find_end(config, run.id)
    told = f"released by {by}" + (f": {reason}" if reason else "") + (f" ({known})" if known else "")
    record = close_run(config, run, MillraceError(f"The run was {told}", run.id, "Submit again: it goes on."))
    release_lease(config, run.id)
    return {**record, "released": told}
