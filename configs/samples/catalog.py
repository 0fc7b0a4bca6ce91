"""Data that ships inside the dependencies, or is made of it on demand, so that a first run downloads nothing.

taxi: 15,002 taxi trips in Chicago from 2013 to 2016, with a label: did the tip exceed a fifth of the fare? Taken
from the City of Chicago's Taxi Trips (https://data.cityofchicago.org/Transportation/Taxi-Trips/wrvz-psew) and shipped
in TFX (Apache License 2.0), whose README passes on the city's terms: the data has been modified for use from its
original source, www.cityofchicago.org; the city makes no claims as to its content, accuracy, timeliness or
completeness; it is used at one's own risk.

reviews: 100 movie reviews, half of them good, shipped in TFX; out of the Large Movie Review Dataset (Maas et al.,
2011, Learning Word Vectors for Sentiment Analysis).

The others are written by `datasets.py` and `recipe_datasets.py` beside, which say what they are, into a cache folder:
~/.cache/millrace, or below XDG_CACHE_HOME.
"""

import hashlib
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

from configs.errors import ConfigError
from configs.loading.error_messages import suggest
from configs.samples import datasets, recipe_datasets

SHIPPED = {
    "taxi": ("tfx", "examples/chicago_taxi_pipeline/data/big_tipper_label/data.csv"),
    "reviews": ("tfx", "examples/imdb/data/imdb_small_with_labels.txt"),
}
MADE = datasets.MAKERS | recipe_datasets.TASKS
SAMPLES = (*SHIPPED, *MADE)

SCHEME = "sample://"


def resolve(path: str) -> Path:
    """The local path of `sample://NAME`, which is written if need be; any other path as it is."""
    if not path.startswith(SCHEME):
        return Path(path)
    name = path.removeprefix(SCHEME)
    if name in SHIPPED:
        return _find(path, *SHIPPED[name])
    if name in MADE:
        return _write_sample(name)
    known = f"Known samples: {', '.join(SAMPLES)}."
    raise ConfigError(f"unknown sample '{name}'", "data.path", f"{known} {suggest(name, SAMPLES)}".rstrip())


def _find(path: str, package: str, inside: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"'{path}' lies in {package}, which is not installed", "data.path", "Run: make setup.")
    return Path(spec.submodule_search_locations[0], inside)


def _write_sample(name: str) -> Path:
    """Writes a sample once for each state of the code that writes it; it appears when it is whole."""
    code = b"".join(Path(str(module.__file__)).read_bytes() for module in (datasets, recipe_datasets))
    state = hashlib.sha256(code).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "millrace", state)
    written = cache / name
    if not written.exists():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache))
        except OSError as error:
            what = f"the sample '{name}' cannot be written: {error.strerror}"
            raise ConfigError(what, str(cache), "Let XDG_CACHE_HOME name a folder that can be written.") from None
        try:
            MADE[name](draft)
            draft.rename(written)
        except OSError:  # another process was first
            shutil.rmtree(draft, ignore_errors=True)
            if not written.exists():
                raise
    return written
