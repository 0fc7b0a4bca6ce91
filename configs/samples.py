"""Data that ships inside the dependencies, so that a first run downloads nothing.

taxi: 15,002 taxi trips in Chicago from 2013 to 2016, with a label: did the tip exceed a fifth of the fare? Taken
from the City of Chicago's Taxi Trips (https://data.cityofchicago.org/Transportation/Taxi-Trips/wrvz-psew) and shipped
in TFX (Apache License 2.0), whose README passes on the city's terms: the data has been modified for use from its
original source, www.cityofchicago.org; the city makes no claims as to its content, accuracy, timeliness or
completeness; it is used at one's own risk.
"""

from importlib.util import find_spec
from pathlib import Path

from configs.errors import ConfigError
from configs.mistakes import suggest

SAMPLES = {"taxi": ("tfx", "examples/chicago_taxi_pipeline/data/big_tipper_label/data.csv")}

_SCHEME = "sample://"


def resolve(path: str) -> Path:
    """The local path of `sample://NAME`; any other path as it is."""
    if not path.startswith(_SCHEME):
        return Path(path)
    name = path.removeprefix(_SCHEME)
    if name not in SAMPLES:
        known = f"Known samples: {', '.join(SAMPLES)}."
        raise ConfigError(f"unknown sample '{name}'", "data.path", f"{known} {suggest(name, SAMPLES)}".rstrip())
    package, inside = SAMPLES[name]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(f"'{path}' lies in {package}, which is not installed", "data.path", "Run: make setup.")
    return Path(spec.submodule_search_locations[0], inside)
