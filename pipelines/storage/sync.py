"""A pipeline's folder in an object store, and the working copy of it on this machine.

Nodes, the registry and every verb work on plain files below `Home.root`. Where that is a working copy, what they need
is fetched before and what they made is put into the store afterwards; elsewhere these functions do nothing. A rename is
not atomic in a store: a version is in service there by its manifest, which is put last.
"""

import os
import secrets
import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from components.registry.door import Admit, admit
from components.registry.versions import MANIFEST, list_folders, read_version, verify
from configs.errors import MillraceError, PipelineBusy
from configs.home import Home
from configs.nodes import NODES
from configs.schema.config import Config
from pipelines.runs.outcomes import locate
from pipelines.runs.run import DECISION, NUMBER, RECORD, STARTED, Run
from pipelines.storage.object_store import Store, open_store

LASTING = ("artifacts", "serving")  # whose files are written once
EVERY = 30.0  # seconds between two looks for what a training has kept
BEGINNINGS = (f"/{NUMBER}", f"/{STARTED}", f"/{DECISION}")
GRAPH = "saved_model.pb"  # without it no server takes a folder for a model


def require_access(home: Home) -> None:
    """Raises MillraceError unless files can be put into the store and removed, before an hour is spent on training."""
    if home.store is not None:
        probe = f".probe-{secrets.token_hex(4)}"
        with open_store(home.store) as store:
            store.write(probe, b"")
            store.remove([probe])


def fetch_files(home: Home, *places: Path, only: Callable[[str], bool] = lambda _name: True) -> None:
    """Makes files and folders of the working copy what they are in the store; `only` chooses by their names."""
    if home.store is None:
        return
    own(home)
    with open_store(home.store) as store:
        for place in places:
            there = {name: size for name, size in store.list(_name(home, place)).items() if only(name)}
            here = {name: size for name, size in measure_files(home, place).items() if only(name)}
            for name in here.keys() - there.keys():
                (home.root / name).unlink()
            lasting = {name for name in here if name.split("/")[0] in LASTING}
            store.fetch((n for n, size in there.items() if not (n in lasting and here[n] == size)), home.root)


def put_files(home: Home, *places: Path) -> None:
    """Makes files and folders in the store what they are in the working copy."""
    if home.store is None:
        return
    with open_store(home.store) as store:
        here = {name: size for place in places for name, size in measure_files(home, place).items()}
        store.put(here, home.root)
        for place in places:
            if not place.is_file():
                store.remove(store.list(_name(home, place)).keys() - here.keys())


def measure_files(home: Home, place: Path) -> dict[str, int]:
    """Returns the size of each file of the working copy below a folder, by its path relative to the home."""
    paths = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
    return {_name(home, path): path.stat().st_size for path in paths}


def own(home: Home) -> None:
    """Makes the folder of the working copy; raises MillraceError where another user could change what lies there."""
    copies = home.root.parents[1]
    copies.mkdir(mode=0o700, parents=True, exist_ok=True)
    if copies.stat().st_uid != os.getuid():
        raise MillraceError("This folder for working copies is another user's.", str(copies), "Set TMPDIR to your own.")
    home.root.mkdir(parents=True, exist_ok=True)


@contextmanager
def working(config: Config, run: Run, nodes: Collection[str]) -> Iterator[None]:
    """Brings what nodes need beside their inputs, and puts into the store what a training keeps while they work."""
    home, trains = config.home, any(NODES[node].trains for node in nodes)
    fetch_service(home, every=trains and config.training.warm_start is not None)
    places = (home.checkpoints, run.tensorboard) if trains else ()
    fetch_files(home, *places)
    with following(home, *places):
        yield


@contextmanager
def following(home: Home, *places: Path) -> Iterator[None]:
    """Puts what changes in these folders into the store, now and then while something goes on, and at its end."""
    if home.store is None or not places:
        yield
        return
    ended = threading.Event()
    worker = threading.Thread(target=_follow, args=(home, places, ended), daemon=True)
    worker.start()
    try:
        yield
    finally:
        ended.set()
    worker.join()
    put_files(home, *places)


def _follow(home: Home, places: Iterable[Path], ended: threading.Event) -> None:
    known: dict[Path, int] = {}
    while not ended.wait(EVERY):
        with suppress(MillraceError, OSError):  # the next time will do
            files = [home.root / name for place in places for name in measure_files(home, place)]
            times = {path: path.stat().st_mtime_ns for path in files if path.suffix != ".draft"}
            put_files(home, *(path for path, time in times.items() if known.get(path) != time))
            known = times


def fetch_records(home: Home) -> None:
    """Brings down how each run has ended, and what is in service."""
    fetch_files(home, home.runs, only=lambda name: name.endswith(f"/{RECORD}"))
    fetch_service(home)


def fetch_numbers(home: Home) -> None:
    """Brings down which runs there were, so that the next has a number of its own."""
    fetch_files(home, home.runs, only=lambda name: name.endswith(f"/{NUMBER}"))


def fetch_beginnings(home: Home) -> None:
    """Brings down how each run began, whether or not it has ended, and how those that did ended."""
    fetch_files(home, home.runs, only=lambda name: name.endswith(BEGINNINGS))
    fetch_records(home)


def fetch_artifact(home: Home, uri: str) -> Path:
    """Returns where an artifact lies, fetched where the home is a working copy."""
    place = Path(locate(home, uri))
    fetch_files(home, place)
    return place


def fetch_challenger(home: Home) -> None:
    """Brings down the challenger, and what is known of those that there were."""
    fetch_service(home.challenger)
    fetch_files(home.challenger, home.challenger.looks)


def put_challenger(home: Home, admit: Admit = admit) -> None:
    """Puts the challenger into the store, with what is known of it, and removes those whose place it took."""
    aside = home.challenger
    if home.store is None or not aside.root.exists():
        return
    put_service(aside, admit)
    put_files(aside, *filter(Path.exists, [aside.looks]))
    with open_store(str(aside.store)) as store:
        here = list_folders(aside)
        store.remove(name for number, names in _versions(store, aside).items() if number not in here for name in names)


def fetch_service(home: Home, every: bool = False) -> None:
    """Brings down the history and the version in service, or every version; of the others the manifests alone.

    What lies in the store without a manifest was never published, and is not brought.
    """
    if home.store is None:
        return
    fetch_files(home, home.history)  # before the versions: one that is published in between is then no contradiction
    with open_store(home.store) as store:
        there = _versions(store, home)
        for number, folder in list_folders(home).items():
            if number not in there:
                shutil.rmtree(folder)
        for number, names in there.items():
            _bring(store, home, number, names if every or number == max(there) else [_manifest(home, number)])


def _bring(store: Store, home: Home, number: int, names: list[str]) -> None:
    folder = home.serving / str(number)
    with suppress(MillraceError):
        version = read_version(number, folder)
        if len(names) == 1 or verify(version):
            return
    staging = home.serving / f".fetched-{secrets.token_hex(4)}"
    store.fetch(names, staging)
    shutil.rmtree(folder, ignore_errors=True)
    (staging / folder.relative_to(home.root)).rename(folder)
    shutil.rmtree(staging)


def put_service(home: Home, admit: Admit = admit) -> None:
    """Puts the versions that the store lacks, and the history: first the model, then its manifest, then the line.

    Each comes through the door, as into this working copy. Raises PipelineBusy when another process has published
    meanwhile; the working copy forgets the version then.
    """
    if home.store is None:
        return
    with open_store(home.store) as store:
        known = _versions(store, home)
        for number in list_folders(home):
            manifest = _manifest(home, number)
            if number in known:
                if number == max(known):
                    _refuse_another(store, home, number, (home.root / manifest).read_bytes())
                continue
            version = verify(read_version(number, home.serving / str(number)))
            admit(version.path, version.model_digest)
            names = measure_files(home, version.path).keys()
            graph = f"{home.serving.name}/{number}/{GRAPH}"
            store.remove(store.list(f"{home.serving.name}/{number}"))  # what a publication that was killed has left
            store.put(names - {graph, manifest}, home.root)
            store.put(names & {graph}, home.root)
            _refuse_another(store, home, number, None)
            store.put([manifest], home.root)
        if home.history.exists() and home.history.read_bytes() != store.read(home.history.name):
            store.put([home.history.name], home.root)


def _refuse_another(store: Store, home: Home, number: int, manifest: bytes | None) -> None:
    if store.read(_manifest(home, number)) != manifest:
        shutil.rmtree(home.serving / str(number))
        what = f"another process has published version {number} meanwhile."
        raise PipelineBusy(what, str(home.store), "Run again: the candidate is then measured against that version.")


def _versions(store: Store, home: Home) -> dict[int, list[str]]:
    """Returns the files of each version in the store that has a manifest, by number."""
    found: dict[int, list[str]] = {}
    for name in store.list(home.serving.name):
        number = name.removeprefix(f"{home.serving.name}/").split("/")[0]
        if number.isdecimal():
            found.setdefault(int(number), []).append(name)
    return {number: names for number, names in sorted(found.items()) if _manifest(home, number) in names}


def _manifest(home: Home, number: int) -> str:
    return f"{home.serving.name}/{number}/{MANIFEST}"


def _name(home: Home, place: Path) -> str:
    return place.relative_to(home.root).as_posix()
