"""A first config for a data set: what `millrace init` writes, from a look at the rows."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from components.validation.column_types import Role
from components.validation.profile import Column, Profile, profile_files
from configs.errors import ConfigError, DataRejected
from configs.loading.error_messages import suggest
from configs.quantities import count
from configs.schema.data import Split
from configs.schema.dialect import PLAIN
from pipelines.onboarding.column_choice import Ask, choose_columns, doubt_unlabelled, settle_readings, take_least_bad
from pipelines.onboarding.dialect_inference import as_keys, read_dialect, require_one_header, warn_of_sheets
from pipelines.onboarding.draft_files import find_files, name_data, name_file, place
from pipelines.onboarding.draft_text import align, list_features, list_left_out, list_thresholds, render, spell_split
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.feature_inference import doubt_numbers
from pipelines.onboarding.folder_inference import LABEL, Classes, describe_feature, find_classes
from pipelines.onboarding.label_inference import Target, aim, find_kind, label_rows
from pipelines.onboarding.model_choice import choose_by_size, choose_model
from pipelines.onboarding.multilabel_inference import (
    aim_at_sets,
    doubt_sets,
    find_sets,
    join_flags,
    spell_columns,
    spell_separator,
    spread_lists,
)
from pipelines.onboarding.offset_inference import TOLD, find_offset
from pipelines.onboarding.personal_inference import find_personal
from pipelines.onboarding.picture_inference import choose_network, find_pictures
from pipelines.onboarding.series_draft import (
    choose_features,
    choose_series,
    give_values,
    list_doubts,
    set_bar,
)
from pipelines.onboarding.series_inference import Series
from pipelines.onboarding.spelling_inference import Spelled, read_spelling
from pipelines.onboarding.split_inference import choose_folds, choose_split, count_judges, doubt_bar, loosen
from pipelines.onboarding.time_doubts import doubt_time

BINARY = ("parquet", "tfrecord")  # which have no dialect
FEWEST = 20  # rows, of which each split may still get some


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


@dataclass(frozen=True)
class Wishes:
    """What a user says of rows that they do not tell themselves.

    `columns` are the names of those of files without a header, `sheet` is a workbook's, `horizon` how many rows ahead a
    series is forecast. Where moments can be read in several ways, `ask` says in which; `quality` is how much is tried
    to find a model.
    """

    kind: str | None = None
    group: Sequence[str] = ()
    weight: str | None = None
    columns: Sequence[str] = ()
    sheet: str = ""
    horizon: int | None = None
    quality: str = "good"
    ask: Ask | None = None


def draft(data: str, label: str | None, file: Path | None = None, group: str | None = None, **wishes: Any) -> Draft:
    """Returns the config for the rows in `data`: a file of a table, a folder, a glob or sample://NAME.

    In a folder of images or texts, folders may name the classes; else `label` names a column, or several with commas,
    as `group` does. It is written for the place `file`, as the `wishes` say. Raises DataRejected and ConfigError where
    no pipeline can be made of it.
    """
    asked = Wishes(**wishes)
    if found := find_classes(data):
        return _draft_classes(found, data, label, file, asked)
    files, format = find_files(data)
    dialect = PLAIN if format in BINARY else read_dialect(files[0], format, asked.columns, asked.sheet)
    profile = profile_files(files, format, dialect)
    require_one_header(profile, data)
    if label is None:
        known = ", ".join(profile.columns)
        raise ConfigError("it says which column is to be predicted", "--label", f"The columns are: {known}.")
    label = find_column(label, profile)
    weight = asked.weight and find_column(asked.weight, profile)
    asked = replace(asked, group=find_columns(group, profile) if group else (), weight=weight)
    flags = find_columns(label, profile)
    if len(flags) > 1:
        require_columns(profile, data, {f"--label {name}": name for name in flags})
        profile, label, counts = join_flags(profile, flags, asked.kind)
    sheets = warn_of_sheets(files[0], dialect, asked.sheet)
    require_columns(profile, data, {"--label": label, "--weight": asked.weight}, *sheets)
    require_columns(profile, data, {f"--group {name}": name for name in asked.group}, *sheets)
    spelled = read_spelling(profile, label)
    values = name_data(data, file or Path(files[0]), file) | {
        "data": {"format": format, "path": place(data, file), **as_keys(dialect), **spelled.data},
        "folder": os.path.dirname(files[0]),
        "marked": f"  # missing values: {count(spelled.cells, 'cell')}" if spelled.cells else "",
    }
    personal = find_personal(profile.columns)
    if series := choose_series(spelled.profile, label, asked.kind, asked.group, asked.horizon):
        drawn = _draft_series(series, spelled, label, asked, values)
        return replace(drawn, warnings=[*drawn.warnings, *personal])
    labelled = _tell_flags(spelled, flags, counts) if len(flags) > 1 else _tell_label(spelled, label, asked.kind)
    drawn = _draft_table(spelled, label, labelled, asked, values)
    in_time = labelled.kind == "regression" and not asked.group and asked.kind is None
    told = doubt_time(labelled.profile, label) if in_time else ""
    doubts = [*sheets, *([f"`{label}`: {told}"] if told else [])]
    return replace(drawn, warnings=[*labelled.warnings, *doubts, *drawn.warnings, *personal])


class Labelled(NamedTuple):
    """The rows that have a label, its kind, what the YAML says of it, and of several labels how often each is there."""

    profile: Profile
    kind: str
    options: Sequence[str]
    warnings: Sequence[str] = ()
    counts: Mapping[str, int] | None = None
    are_columns: bool = False


def _tell_label(spelled: Spelled, label: str, kind: str | None) -> Labelled:
    column = spread_lists(spelled.profile.columns[label])
    sets = find_sets(column, kind) if column.is_single else None
    doubts = doubt_sets(column, sets and sets[1])
    if sets:
        profile = replace(spelled.profile, columns={**spelled.profile.columns, label: column})
        return Labelled(profile, "multilabel", spell_separator(sets[0]), doubts, counts=sets[1])
    profile, options, warnings = label_rows(spelled, label)
    column = profile.columns[label]
    found = find_kind(column, kind)
    if found == "regression" and (offset := find_offset(column)):
        options = [*options, f"offset: {offset}  # taken off, and put back into the answers: {TOLD}"]
    if found == "multiclass" and (odd := doubt_numbers(column)):
        doubts.append(f"`{label}`: it holds {odd}, and each is a class: write numbers alike, and the label is one")
    return Labelled(profile, found, options, [*warnings, *doubts])


def _tell_flags(spelled: Spelled, flags: Sequence[str], counts: Mapping[str, int]) -> Labelled:
    """Returns the label that columns of 0 and 1 are."""
    return Labelled(spelled.profile, "multilabel", spell_columns(flags), counts=counts, are_columns=True)


def _draft_table(spelled: Spelled, label: str, told: Labelled, asked: Wishes, values: dict[str, Any]) -> Draft:
    """Returns the draft for rows of a table, and its warnings of them and of their columns."""
    profile, column = told.profile, told.profile.columns[label]
    split, units = _divide(profile, label, told.kind, asked.group, values["source"])
    weights = _weigh(profile.columns[asked.weight]) if asked.weight else None
    others = {name: other for name, other in profile.columns.items() if name not in (label, *asked.group, asked.weight)}
    pictures, format = find_pictures(others, values["data"]["format"], values["folder"])
    shown = {name: found for name, found in pictures.items() if found.kind}
    folds = None if shown else choose_folds(asked.quality, profile.rows, split, asked.group)
    judged = count_judges(profile, split, folds)
    target = aim(column, told.kind, weights, judged) if told.counts is None else aim_at_sets(column, told.counts)
    others = {name: other for name, other in others.items() if name not in pictures}
    features, left_out = choose_columns(column, others, target, spelled)
    features = settle_readings(features, others, asked.ask) if asked.ask else features
    if not features and not shown:
        features, left_out = take_least_bad(column, others, left_out, values["source"])
    if shown:
        choice = choose_network(next(iter(shown.values())))
    else:
        group = profile.number(asked.group) if asked.group else None
        choice = choose_model(asked.quality, profile.rows, column, target.kind, features, others, group, folds)
    features, left_out = shown | features, {name: pictures[name] for name in pictures if name not in shown} | left_out
    text = render(
        "pipeline",
        **values | {"data": {**values["data"], "format": format, **_name_parts(asked.group, asked.weight)}},
        **_aim_at(label, replace(target, classes=()) if told.are_columns else target, split),
        rows=_count(profile),
        options=told.options,
        features=list_features(features),
        left_out=list_left_out(left_out),
        choice=choice,
        folds=folds,
        gate=loosen(units, profile.rows, split),
    )
    doubts = [f"`{name}`: {found.warning}" for name, found in features.items() if found.warning]
    doubts += doubt_unlabelled(features, profile.columns, spelled.profile.columns)
    warnings = [*doubt_bar(profile, label, target.kind, judged), *spelled.warnings, *doubts]
    return Draft(text, features, left_out, warnings)


def _draft_classes(found: Classes, data: str, label: str | None, file: Path | None, asked: Wishes) -> Draft:
    """Returns the draft for images or texts whose folders name their classes."""
    require_columns(found.profile, data, {"--label": label or LABEL})
    column, profile, kind = found.label, found.profile, find_kind(found.label, asked.kind)
    split, units = _divide(profile, LABEL, kind, (), data)
    judged = count_judges(profile, split, None)
    target = aim(column, kind, None, judged)
    name, feature = describe_feature(found)
    text = render(
        "pipeline",
        **name_data(data, file or Path(name_file(data)), file),
        **_aim_at(LABEL, target, split),
        rows=_count(profile),
        data={"format": found.format, "path": place(data, file), **as_keys(found.dialect)},
        marked="",
        options=(),
        features=list_features({name: feature}),
        left_out=(),
        choice=choose_network(feature) if found.format == "images" else choose_by_size(profile.rows),
        folds=None,
        gate=loosen(units, profile.rows, split),
    )
    return Draft(text, {name: feature}, {}, doubt_bar(profile, LABEL, kind, judged))


def _draft_series(series: Series, spelled: Spelled, label: str, asked: Wishes, values: dict[str, Any]) -> Draft:
    """Returns the draft of a forecast."""
    _, options, warnings = label_rows(spelled, label)
    features, left_out = choose_features(series, spelled.profile, spelled, label)
    data, named = values["data"], (*series.order.groups, asked.weight)
    first = 1 if data["format"] != "csv" or data.get("header") else 2
    text = render(
        "series",
        **values | {"data": {**data, **_name_parts(series.order.groups, asked.weight)}},
        **give_values(series, label),
        rows=_count(spelled.profile),
        options=options,
        features=list_features(features),
        left_out=list_left_out({name: found for name, found in left_out.items() if name not in named}),
        thresholds=align(set_bar(series)),
    )
    return Draft(text, features, left_out, [*list_doubts(series, label, first), *warnings, *spelled.warnings])


def _name_parts(groups: Sequence[str], weight: str | None) -> dict[str, Any]:
    """Returns the keys of the data for the columns that group and weigh its rows."""
    return {"group": groups[0] if len(groups) == 1 else groups, "weight": weight}


def _aim_at(label: str, target: Target, split: Split) -> dict[str, Any]:
    """Returns what the template says of the label, the splits and the bar."""
    told = {"label": label, "target": target, "split": spell_split(split)}
    return {**told, "thresholds": list_thresholds(target.thresholds)}


def _divide(profile: Profile, label: str, kind: str, group: Sequence[str], data: str) -> tuple[Split, int]:
    if profile.rows < FEWEST:
        raise DataRejected(f"{count(profile.rows, 'row')}: too few for three splits", data, f"Bring {FEWEST} or more.")
    return choose_split(profile, label, kind, group)


def find_column(name: str, profile: Profile) -> str:
    """Returns the column that a name means, whatever blanks stand around it, unless several columns are called so."""
    meant = [column for column in profile.columns if column.strip() == name.strip()]
    return meant[0] if len(meant) == 1 else name


def find_columns(names: str, profile: Profile) -> Sequence[str]:
    """Returns the columns that a name means, or several, with commas between them."""
    is_several = "," in names and names not in profile.columns
    return [find_column(name, profile) for name in (names.split(",") if is_several else [names])]


def require_columns(profile: Profile, data: str, named: Mapping[str, str | None], *hints: str) -> None:
    """Raises ConfigError, with the option and the hints, for a name that no column of the data bears."""
    for option, name in named.items():
        if name is not None and name not in profile.columns:
            remedy = suggest(name, profile.columns) or f"The columns are: {', '.join(profile.columns)}."
            raise ConfigError(f"there is no column `{name}` in {data}", option, "\n".join([remedy, *hints]))


def _weigh(column: Column) -> np.ndarray:
    try:
        return Role("weight", column.name).convert(column.cells.combine_chunks()).to_numpy().astype(float)
    except pa.ArrowInvalid as error:
        raise DataRejected(f"it cannot weigh rows: {error}", column.name, "Name another with --weight.") from None


def _count(profile: Profile) -> str:
    rows = count(profile.rows, "row")
    return rows if profile.is_whole else f"about {rows}, of which it read {profile.read:,}"
