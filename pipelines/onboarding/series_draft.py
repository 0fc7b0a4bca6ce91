"""What a draft says of a series: its window, its features, its model, and the bar that a forecast is to pass."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil
from typing import Any

from components.validation.profile import Column, Profile
from configs.errors import ConfigError, DataRejected
from configs.loading.yaml_writer import spell_text
from configs.schema.data import HORIZON
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.feature_inference import guess
from pipelines.onboarding.series_inference import Series, doubt_steps, find_series, list_parts
from pipelines.onboarding.spelling_inference import Spelled

KIND = "series"  # what --kind calls one
FEWEST = 8  # different numbers of a label that are no classes, where rows are a series


def choose_series(
    profile: Profile, label: str, kind: str | None, groups: Sequence[str], horizon: int | None
) -> Series | None:
    """Returns the series to forecast; None for rows of a table, or where a kind of label is asked for.

    Raises DataRejected where it is asked for, and the rows are none; ConfigError for a horizon without one.
    """
    asked = kind == KIND or horizon is not None
    if kind not in (None, KIND):
        if horizon is not None:
            raise ConfigError(f"a {kind} label has none", "--horizon", "Leave it out, or say --kind series.")
        return None
    column = profile.columns[label]
    found = None
    if asked or (column.is_number and len(column.values) >= FEWEST):
        found = find_series(profile, label, groups, horizon)
    if asked and found is None:
        raise DataRejected(
            f"the rows are no series: {_doubt(profile, column)}", label, "Leave --kind and --horizon out."
        )
    return found


def _doubt(profile: Profile, column: Column) -> str:
    if not column.is_number:
        return "the label is no number"
    if not profile.is_whole:
        return "they are too many to be read in full, and what was read does not show their steps"
    return "no column has moments, or numbers that count steps, at regular steps: a row each, or one for each --group"


def spell_window(found: Series) -> str:
    """Returns the key `window`, but for its name."""
    order = found.order
    told = {"order": order.name, "format": order.format, "step": found.step.spell()}
    spelled = ", ".join(f"{key}: {_spell(value)}" for key, value in told.items() if value)
    return f"{{{spelled}, horizon: {_spell_horizons(found)}}}"


def spell_split(found: Series) -> str:
    """Returns the key `split`."""
    parts = ", ".join(f"{name}: {part}" for name, part in found.split.parts.items())
    return f"{{{parts}, by: {_spell(found.order.name)}}}"


def choose_features(
    found: Series, profile: Profile, spelled: Spelled, label: str
) -> tuple[dict[str, Guess], dict[str, Guess]]:
    """Returns the features of a series, and what else its columns could make where they are known ahead.

    What stands in all rows after the last label is known ahead.
    """
    order, most = found.order, len(found.horizons)
    past = "past" if "past" not in profile.columns else f"{label} before"
    kinds = {key: value for key, value in spelled.columns[label].items() if key in ("decimal", "thousands", "unit")}
    features = {
        past: Guess("the rows before", "sequence", {"columns": [label], "length": found.length, **kinds}),
        HORIZON: Guess("how many rows ahead", "categorical", {"ids": most + 1}),
    }
    if parts := list_parts(found):
        options = {"format": order.format} if order.format else {}
        features[order.name] = Guess("cycles longer than the rows before", "timestamp", {**options, "parts": parts})
    others = {
        name: guess(column, spelled.columns[name])
        for name, column in profile.columns.items()
        if name not in (label, order.name, HORIZON)
    }
    told = {name: other for name, other in others.items() if other.kind and _is_told(found, profile.columns[name])}
    return features | {name: replace(other, reason=f"known ahead, {other.reason}") for name, other in told.items()}, {
        name: other if not other.kind else Guess(other.reason, offer=other)
        for name, other in others.items()
        if name not in told
    }


def _is_told(found: Series, column: Column) -> bool:
    held = column.codes()[found.ahead] >= 0
    return len(held) > 0 and bool(held.all()) and column.name not in found.order.groups


def describe(found: Series, label: str) -> str:
    """Returns what the rows were taken for."""
    names = " and ".join(f"`{name}`" for name in found.order.groups)
    by = f", for each {names}" if names else ""
    return (
        f"`{label}`: the rows are a series by `{found.order.name}`, a step of {found.step.spell()} apart{by}; this "
        f"forecasts {len(found.horizons)} ahead (--horizon), and --kind regression makes a table of them"
    )


def set_bar(found: Series) -> dict[str, str]:
    """Returns the threshold, and where it comes from."""
    past = f"what stood there {found.season} rows before" if found.season > 1 else "what stood there last"
    name = "seasonal-naive" if found.season > 1 else "naive"
    told = f"the {name} forecast's on the test rows: {past}; 2 % of it"
    return {f"rmse: {{max: {found.bar:.5g}, max_rise: {found.bar / 50:.2g}}}": told}


def size_batch(found: Series) -> int:
    """Returns the rows of a batch: so many that an epoch has about a hundred."""
    examples = len(found.order.moments) * len(found.horizons)
    return min(512, max(32, 2 ** ceil(examples // 100).bit_length()))


def list_doubts(found: Series, label: str, first: int) -> list[str]:
    """Returns what is to be said on the screen; `first` is the number of the first row."""
    read = [f"`{found.order.name}`: {found.order.warning}"] if found.order.warning else []
    return [describe(found, label), *read, *doubt_steps(found, first)]


def give_values(found: Series, label: str) -> Mapping[str, Any]:
    """Returns what the template of a series asks for."""
    return {
        "window": spell_window(found),
        "split": spell_split(found),
        "season": found.season,
        "batch_size": size_batch(found),
        "slices": len(found.horizons) > 1,
        "label": label,
    }


def _spell_horizons(found: Series) -> str:
    return f"1..{len(found.horizons)}" if len(found.horizons) > 1 else "[1]"


def _spell(value: Any) -> str:
    return spell_text(value) if isinstance(value, str) else str(value)
