"""A first config for a data set: what `millrace init` writes, from a look at the rows."""

import glob
import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError

from components.readers.data_file import strip_compression
from components.readers.files import find_data, list_files
from components.readers.formats import FORMATS
from components.validation.column_types import Role
from components.validation.profile import Column, Profile, profile_files
from configs.errors import ConfigError, DataRejected
from configs.home import find_workspace
from configs.loading.error_messages import explain, suggest
from configs.loading.yaml_document import parse
from configs.loading.yaml_writer import show, spell_text
from configs.reference.json_schema import FILE, write_schema
from configs.schema.config import Config
from configs.schema.data import Split
from configs.schema.dialect import PLAIN
from pipelines.onboarding.association import measure
from pipelines.onboarding.dialect_inference import as_keys, read_dialect
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.feature_inference import gather, guess
from pipelines.onboarding.giveaway import find_giveaways
from pipelines.onboarding.label_inference import Target, Threshold, aim, find_kind, find_leaks, label_rows
from pipelines.onboarding.multilabel_inference import aim_at_sets, find_sets, spell_separator
from pipelines.onboarding.spelling_inference import Spelled, read_spelling
from pipelines.onboarding.split_inference import choose_split, doubt_bar, loosen

SUFFIXES = {suffix: name for name in ("csv", "parquet", "jsonl") for suffix in FORMATS[name].suffixes}
FEWEST = 20  # rows, of which each split may still get some
COMMENTS = 56  # the column that comments are aligned to at most


@dataclass(frozen=True)
class Settings:
    """A model and how it is trained, for data sets of up to so many rows."""

    rows: float
    model: str
    batch_size: int
    epochs: int
    learning_rate: float
    patience: int


SETTINGS = (
    Settings(2000, "{family: linear}", 32, 200, 0.02, 20),
    Settings(float("inf"), "{family: wide_deep, hidden_units: [64, 32]}", 256, 20, 0.001, 3),
)


@dataclass(frozen=True)
class Draft:
    """The YAML's text, and what it says of the columns."""

    text: str
    features: Mapping[str, Guess]
    left_out: Mapping[str, Guess]
    warnings: Sequence[str] = ()

    def __str__(self) -> str:
        counts = Counter(found.kind for found in self.features.values())
        kinds = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
        return f"{kinds}; left out: {', '.join(self.left_out) or 'nothing'}"

    def as_data(self) -> dict[str, Any]:
        """Returns what a script may want to know: the kinds of the columns, and why others were left out."""
        kinds = {name: found.kind for name, found in self.features.items()}
        left_out = {name: found.reason for name, found in self.left_out.items()}
        return {"features": kinds, "left_out": left_out, "warnings": list(self.warnings)}


def draft(
    data: str,
    label: str,
    file: Path | None = None,
    kind: str | None = None,
    group: str | None = None,
    weight: str | None = None,
    columns: Sequence[str] = (),
) -> Draft:
    """Returns the config for the rows in `data`: a CSV, Parquet or JSON lines file, a folder, a glob or sample://NAME.

    It is written for the place `file`; `columns` are the names of those of files without a header. Raises
    DataRejected and ConfigError where no pipeline can be made of it.
    """
    files, format = find_files(data)
    dialect = PLAIN if format == "parquet" else read_dialect(files[0], format, columns)
    profile = profile_files(files, format, dialect)
    require_columns(profile, data, {"--label": label, "--group": group, "--weight": weight})
    spelled = read_spelling(profile, label)
    profile, warnings = spelled.profile, list[str]()
    sets = find_sets(profile.columns[label], kind) if profile.columns[label].is_single else None
    if sets:
        options, kind = spell_separator(sets[0]), "multilabel"
    else:
        profile, options, warnings = label_rows(spelled, label)
        kind = find_kind(profile.columns[label], kind)
    if profile.rows < FEWEST:
        raise DataRejected(f"there are {profile.rows} rows, too few for three splits", data, f"Bring {FEWEST} or more.")
    split, units = choose_split(profile, label, kind, group)
    weights = _weigh(profile.columns[weight]) if weight else None
    judged = profile.rows * split.test / sum(split.parts.values())
    column = profile.columns[label]
    target = aim_at_sets(column, sets[1]) if sets else aim(column, kind, weights, judged)
    others = {name: column for name, column in profile.columns.items() if name not in (label, group, weight)}
    warnings += doubt_bar(profile, label, target.kind, split)
    features, left_out = _choose(profile.columns[label], others, target, spelled)
    if not features:
        features, left_out = _take_least_bad(profile.columns[label], others, left_out, data)
    warnings += [
        *spelled.warnings,
        *(f"`{name}`: {found.warning}" for name, found in features.items() if found.warning),
    ]
    text = _render(
        schema=FILE if file else None,
        file=shlex.quote(str(file or "FILE.yaml")),
        rows=_count(profile),
        source=data,
        name=name_pipeline(file or Path(files[0])),
        data={
            "format": format,
            "path": _place(data, file),
            **as_keys(dialect),
            **spelled.data,
            "group": group,
            "weight": weight,
        },
        marked=f"  # missing values: {spelled.cells:,} cell{'s' * (spelled.cells > 1)}" if spelled.cells else "",
        split=_spell_split(split),
        label=label,
        target=target,
        options=options,
        features=align({_spell_feature(name, found): found.reason for name, found in features.items()}),
        left_out=_list(left_out),
        settings=next(settings for settings in SETTINGS if profile.rows < settings.rows),
        thresholds=align({_spell_threshold(threshold): threshold[2] for threshold in target.thresholds}),
        gate=loosen(units, profile.rows, split),
        root=_place(str(find_workspace((file or Path("FILE.yaml")).absolute().parent)), file),
    )
    return Draft(check(text), features, left_out, warnings)


def require_columns(profile: Profile, data: str, named: Mapping[str, str | None]) -> None:
    """Raises ConfigError, with the option, for a name that no column of the data bears."""
    for option, name in named.items():
        if name is not None and name not in profile.columns:
            remedy = suggest(name, profile.columns) or f"The columns are: {', '.join(profile.columns)}."
            raise ConfigError(f"there is no column `{name}` in {data}", option, remedy)


def write_draft(drawn: Draft, path: Path, force: bool = False) -> None:
    """Writes the config, and beside it the schema that its first line names, by which an editor knows the keys.

    Raises ConfigError where there is such a config already and it is not to be forced away.
    """
    if path.exists() and not force:
        raise ConfigError("there is such a file already", str(path), "Name another, or overwrite it with --force.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(drawn.text, encoding="utf-8")
    path.with_name(FILE).write_text(f"{json.dumps(write_schema(), indent=2)}\n", encoding="utf-8")


def find_files(data: str) -> tuple[list[str], str]:
    """Returns the files that `data` stands for, and their format, by their names; CSV where those do not tell."""
    base, pattern = find_data(data)
    suffixes = (Path(strip_compression(str(path))).suffix.lower() for path in Path(base).glob(pattern))
    found = {suffix for suffix in suffixes if suffix in SUFFIXES}
    if len(found) > 1:
        raise DataRejected(f"there are {' and '.join(sorted(found))} files", data, "Name those of one kind by a glob.")
    formats = {SUFFIXES[suffix] for suffix in found}
    format = formats.pop() if formats else "csv"
    return list_files(base, pattern, format), format


def name_pipeline(file: Path) -> str:
    """Returns a pipeline's name, after that of a file."""
    name = re.sub(r"[^a-z0-9_-]+", "_", file.stem.lower()).strip("_-")
    return (name if name[:1].isalpha() else f"model_{name}".rstrip("_"))[:63]


def name_file(data: str) -> str:
    """Returns the name of the YAML for data, after its file, its folder, or the folder of its glob."""
    parts = [part for part in data.split("://")[-1].split("/") if part.strip(".") and not glob.has_magic(part)]
    name = Path(strip_compression(parts[-1])).stem if parts else Path.cwd().name
    return f"{name}.yaml"


def align(lines: Mapping[str, str]) -> list[str]:
    """Returns lines with their comments below one another, but for lines that are too long."""
    width = max((len(line) for line in lines if len(line) <= COMMENTS), default=0)
    return [f"{line:{width}}  # {comment}" for line, comment in lines.items()]


def check(text: str) -> str:
    """Returns the text of a config that is valid; raises ConfigError otherwise."""
    document = parse(text, "the draft")
    try:
        Config.model_validate(document.data)
    except ValidationError as error:
        raise explain(error, Config, document) from None
    return text


def _choose(
    label: Column, others: Mapping[str, Column], target: Target, spelled: Spelled
) -> tuple[dict[str, Guess], dict[str, Guess]]:
    """Returns what the columns make, and those that are left out."""
    guesses = {name: guess(column, spelled.columns[name], label) for name, column in others.items()}
    usable = {name: others[name] for name, found in guesses.items() if found.kind}
    leaks = find_leaks(label, usable, target.kind)
    guesses |= {name: replace(leak, offer=guesses[name]) for name, leak in leaks.items()}
    rest = {name: column for name, column in usable.items() if name not in leaks}
    told = find_giveaways(label, rest, target.kind)
    guesses |= {name: replace(guesses[name], warning=warning) for name, warning in told.items()}
    guesses = gather(guesses, others)
    features = {name: found for name, found in guesses.items() if found.kind}
    return features, {name: found for name, found in guesses.items() if not found.kind}


def _take_least_bad(
    label: Column, others: Mapping[str, Column], left_out: Mapping[str, Guess], data: str
) -> tuple[dict[str, Guess], dict[str, Guess]]:
    """Returns the one column, of those left out, that tells most about the label and does not give it away."""
    offers = {name: found.offer for name, found in left_out.items() if found.offer}
    if not offers:
        reasons = "; ".join(f"{name}: {found.reason}" for name, found in left_out.items()) or "there is no other column"
        raise DataRejected("no column is left to predict from", data, f"Left out: {reasons}.")

    def rank(name: str) -> tuple[bool, bool, float]:
        leaks = left_out[name].reason.startswith("gives the label away")
        return not leaks, len(others[name].values) > 1, measure(others[name], label)

    best = max(offers, key=rank)
    warning = f"nothing better is left to predict from, though it is {left_out[best].reason}"
    features = {best: replace(offers[best], warning=warning)}
    return features, {name: found for name, found in left_out.items() if name != best}


def _render(**values: Any) -> str:
    environment = Environment(
        loader=PackageLoader("pipelines.onboarding"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["yaml"] = _as_yaml
    return environment.get_template("pipeline.yaml.jinja").render(values)


def _weigh(column: Column) -> np.ndarray:
    try:
        return Role("weight", column.name).convert(column.cells.combine_chunks()).to_numpy().astype(float)
    except pa.ArrowInvalid as error:
        raise DataRejected(f"it cannot weigh rows: {error}", column.name, "Name another with --weight.") from None


def _spell_split(split: Split) -> str:
    told = {**split.parts, **{key: "true" for key in ("stratify", "repeats") if getattr(split, key)}}
    return f"{{{', '.join(f'{key}: {value}' for key, value in told.items())}}}"


def _place(data: str, file: Path | None) -> str:
    """Returns the data's path as a config in `file` names it: relative, unless only the root is above both."""
    if "://" in data:
        return data
    folder, path = os.path.dirname(os.path.abspath(file or "FILE.yaml")), os.path.abspath(data)
    return path if os.path.commonpath([folder, path]) == "/" else os.path.relpath(path, folder)


def _count(profile: Profile) -> str:
    rows = f"{profile.rows:,} rows"
    return rows if profile.is_whole else f"about {rows}, of which it read {profile.read:,}"


def _spell_feature(name: str, found: Guess) -> str:
    options = "".join(f", {key}: {_as_yaml(value)}" for key, value in found.options.items())
    return f"{spell_text(name)}: {{kind: {found.kind}{options}}}"


def _spell_threshold(threshold: Threshold) -> str:
    metric, limits, _ = threshold
    return f"{metric}: {{{', '.join(f'{key}: {value}' for key, value in limits.items())}}}"


def _as_yaml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_as_yaml, value))}]"
    return spell_text(value) if isinstance(value, str) else str(value)


def _list(left_out: Mapping[str, Guess]) -> list[str]:
    """Returns a line for each column that is left out, which its first sign makes a feature where there is an offer."""
    offered = {_spell_feature(name, found.offer): found.reason for name, found in left_out.items() if found.offer}
    others = {show(name) or "(blank)": found.reason for name, found in left_out.items() if not found.offer}
    return [*align(offered), *(f"({name})  # {reason}" for name, reason in others.items())]
