"""What a pipeline keeps of its versions, runs and artifacts, and what is removed when there is more.

Never removed are the version in service, what it repeats, the versions before these, which they were judged against,
and what a rollback would publish; the runs of all versions that stay and of a challenger that waits; and the artifacts
of these runs, of the newest run of each config that is still in use here, and of what `settled.json` would repeat.
"""

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.registry.challenger import find_waiting
from components.registry.staging import CHANGE, held
from components.registry.versions import earlier, history, intact, list_folders
from configs.errors import MillraceError
from configs.home import Home
from configs.quantities import count
from configs.schema.config import Config
from configs.schema.storage import Keep
from pipelines.execution.provenance import describe_provenance
from pipelines.runs.directory import read_records, write_file
from pipelines.runs.disk_use import measure_folder
from pipelines.runs.run import STARTED, Run

Records = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Doomed:
    """What is to go: folders of versions, of runs, and of artifacts; and how many bytes they take."""

    versions: Sequence[Path]
    runs: Sequence[Path]
    artifacts: Sequence[Path]
    bytes: int

    @property
    def text(self) -> str:
        """What goes, in words; an empty text for nothing."""
        parts = [("version", self.versions), ("run", self.runs), ("artifact", self.artifacts)]
        told = ", ".join(count(len(found), name) for name, found in parts if found)
        return f"{told}, {self.bytes / 1e6:,.1f} MB" if told else ""


def choose_doomed(config: Config, keep: Keep) -> Doomed:
    """Returns what a pipeline has beyond what it keeps; raises MillraceError where its records cannot be read."""
    home, records = config.home, read_records(config.home)
    versions = _choose_versions(home, keep.versions)
    staying = [line["run"] for line in history(home) if home.serving / str(line["number"]) not in versions]
    waiting = find_waiting(home)
    needed = {*staying, *_list_live(config, records), *([waiting.line["run"]] if waiting else [])}
    runs = _choose_runs(home, records, needed, keep.runs)
    artifacts = _choose_artifacts(home, records, needed, keep.artifacts)
    size = sum(map(measure_folder, (*versions, *runs, *artifacts)))
    return Doomed(versions, runs, artifacts, size)


def remove_doomed(config: Config, doomed: Doomed) -> None:
    """Removes it; who calls has to hold the pipeline, and versions go while the registry is held as well."""
    if doomed.versions:
        with held(config.home, CHANGE):
            for place in doomed.versions:  # out of a server's sight at once, and then for good
                place.rename(place.with_name(f"{CHANGE.prefix}{place.name}"))
    for place in (*doomed.runs, *doomed.artifacts):
        shutil.rmtree(place)


def retain(config: Config) -> str:
    """Removes what is beyond `storage.keep` when a run has ended, and returns what to say of it."""
    if config.storage.keep is None:
        return ""
    try:
        doomed = choose_doomed(config, config.storage.keep)
        remove_doomed(config, doomed)
    except (MillraceError, OSError) as error:  # the run ended as it did
        return f"nothing, or not all that could be: {error}"
    return doomed.text


def retain_after(config: Config, run: Run, record: dict[str, Any]) -> dict[str, Any]:
    """Removes what is beyond `storage.keep` once a run has ended, and returns its record, with what was freed."""
    if freed := retain(config):
        record = {**record, "freed": freed}
        write_file(run.record, json.dumps(record, indent=2))
    return record


def _choose_versions(home: Home, most: int | None) -> list[Path]:
    folders = list_folders(home)
    current = intact(home)
    if most is None or current is None:  # of a registry that is damaged nothing goes
        return []
    origin = {current.number, current.manifest["of"] or current.number}
    before = {max((number for number in folders if number < each), default=each) for each in origin}
    needed = {*origin, *before, *sorted(folders)[-most:]}
    with suppress(MillraceError):
        needed.add(earlier(home).number)
    return [path for number, path in folders.items() if number not in needed]


def _choose_runs(home: Home, records: Records, needed: Iterable[str], most: int | None) -> list[Path]:
    """Returns the folders of runs that ended, and of killed ones that began before the oldest that stays."""
    if most is None or len(records) <= most:
        return []
    stays = {record["run"] for record in records[:most]} | set(needed)
    oldest = min(record["run"] for record in records[:most])
    ended = {record["run"] for record in records}
    killed = {path.parent.name for path in home.runs.glob(f"*/{STARTED}")} - ended
    gone = (ended - stays) | {run for run in killed - stays if run < oldest}
    return [home.run(run) for run in sorted(gone)]


def _choose_artifacts(home: Home, records: Records, needed: Iterable[str], most: int | None) -> list[Path]:
    """Returns the folders of artifacts that no run that counts has made or been answered with."""
    if most is None or not records:
        return []
    count_in = {record["run"] for record in records[:most]} | set(needed)
    used = {_locate(uri) for record in records if record["run"] in count_in for uri in _list_uris(record)}
    with suppress(OSError, ValueError, LookupError, IndexError):
        used |= set(map(_locate, json.loads(home.settled.read_text().split("\n", 1)[1])["artifacts"]))
    known = {_locate(uri) for record in records for uri in _list_uris(record)}
    below = (place for place in known - used if home.artifacts.resolve() in place.parents)
    return sorted(place for place in below if place.is_dir())


def _list_live(config: Config, records: Records) -> list[str]:
    """Returns the newest run, and the newest that ended well of this config: its artifacts answer for the next."""
    with suppress(OSError):
        digest = describe_provenance(config)["config"]
        same = (each for each in records if each.get("made_of", {}).get("config") == digest)
        well = next((each["run"] for each in same if each["exit_code"] == 0), None)
        return [*(record["run"] for record in records[:1]), *filter(None, [well])]
    return [record["run"] for record in records[:1]]


def _list_uris(record: Mapping[str, Any]) -> list[str]:
    return [uri for node in record["nodes"] for uris in node.get("outputs", {}).values() for uri in uris]


def _locate(uri: str) -> Path:
    return Path(uri).resolve()
