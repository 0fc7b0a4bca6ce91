"""The label as a draft sees it: its kind and classes, what the trivial model reaches, and what gives it away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from components.validation.column_types import BOOLEANS
from components.validation.profile import Column, Profile
from components.validation.spelling import Spelling
from configs.errors import ConfigError, DataRejected
from configs.loading.yaml_writer import share, show, show_span, spell_text
from configs.quantities import count
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.feature_inference import doubt_numbers
from pipelines.onboarding.spelling_inference import (
    Spelled,
    describe_variants,
    find_lookalikes,
    find_variants,
    has_blanks,
    make_one,
    spell_alike,
    take_labelled,
)

CLASSES = 100  # at most, unless the user says that they are classes
CODES = 20  # distinct whole numbers up to which they are classes, however rare each is
RARE = 10  # rows of a class
SURE = 1.64  # standard errors that chance adds to a measure once in 20 times
STRICTEST = 0.75  # auc that a first model is asked for, however few rows judge
TINY = 1e-30  # deviation of a label, below which float32 loses what is learnt of it
LOPSIDED = 0.8  # share of the largest class from which accuracy says little
POSITIVE = {"yes", "y", "true", "t", "on", "positive", "pos"}
NEGATIVE = {"no", "n", "false", "f", "off", "negative", "neg", "none"}
POSITIVE |= {"ja", "oui", "si", "sí", "sim", "да", "tak", "evet", "wahr", "vrai", "verdadero", "是", "はい", "✓", "✔"}
NEGATIVE |= {"nein", "nee", "non", "não", "нет", "nie", "hayır", "falsch", "faux", "falso", "否", "いいえ", "✗", "✘"}

Threshold = tuple[str, Mapping[str, Any], str]  # metric, limits, where they come from


@dataclass(frozen=True)
class Target:
    """A label's kind, why, its classes where they are not 0 and 1, and what a model is asked to reach."""

    kind: str
    reason: str
    classes: tuple[str, ...]
    thresholds: tuple[Threshold, ...]


def find_kind(column: Column, kind: str | None) -> str:
    """Returns the kind of the label, that which is named if one is.

    Raises DataRejected for a label that no model can learn, ConfigError for one that is not of the kind named.
    """
    _require_whole(column)
    kind = kind or _guess_kind(column)
    _require_kind(column, kind)
    return kind


def aim(column: Column, kind: str, weights: np.ndarray | None, judged: float) -> Target:
    """Returns the target that the label makes, of a kind; rows count by `weights`, `judged` many judge."""
    masses = column.counts if weights is None else np.bincount(column.codes(), weights, len(column.values))
    shares = masses / masses.sum()
    if kind == "regression":
        return _aim_at_number(column, shares)
    texts = column.texts.to_pylist()
    classes = tuple(text for _, text in sorted(zip(_rank(column, kind), texts, strict=True)))
    reason = f"{len(classes)} classes, the largest {share(shares.max(), 1)}"
    if kind == "binary":
        reason = f"{show(classes[1])} in {share(shares[texts.index(classes[1])], 1)} of the rows"
    drop = max(0.01, ceil(150 / judged) / 100)
    return Target(kind, reason, () if classes == ("0", "1") else classes, tuple(_beat(kind, shares, drop, judged)))


def label_rows(spelled: Spelled, label: str) -> tuple[Profile, list[str], list[str]]:
    """Returns the rows that have a label, the keys that say how it is read, and what the user is to be warned of."""
    profile, lines, warnings = spelled.profile, [], []
    column = profile.columns[label]
    if column.missing and len(column.values):
        lines.append(f"missing: drop  # {column.missing:,} of {column.rows:,} rows, left out of training")
        warnings.append(f"the label is missing in {column.missing:,} of {count(column.rows, 'row')}: left out")
        profile = take_labelled(profile, label)
        column = profile.columns[label]
    variants = find_variants(column) if column.is_single and not column.is_number else {}
    same = make_one(column, **variants)
    if len(same.values) < len(column.values):
        profile = replace(profile, columns={**profile.columns, label: same})
    if variants:
        lines += [f"{key}: true" for key in variants]
        told = f"{len(column.values)} classes differ by case or blanks alone: {describe_variants(column)}"
        warnings.append(f"`{label}`: {told}; {' and '.join(lines[-len(variants) :])} makes {len(same.values)} of them")
    elif column.is_single and not column.is_number and has_blanks(column):
        lines.append("trim: true  # of the blanks around each class")
        profile = replace(profile, columns={**profile.columns, label: spell_alike(column, Spelling(trim=True))})
    named = profile.columns[label]
    alike = find_lookalikes(named.texts.to_pylist()) if named.is_single and len(named.values) <= CLASSES else ""
    warnings += [f"`{label}`: {said}" for said in (_doubt_words(named), alike) if said]
    lines += [f"{key}: {spell_text(value)}" for key, value in spelled.columns[label].items() if key != "missing"]
    return profile, lines, warnings


def _doubt_words(column: Column) -> str:
    """Returns what is to be said of more than two classes that all say yes or no."""
    if not column.is_single or len(column.values) < 3:
        return ""
    words = {text.strip().lower() for text in column.texts.to_pylist()}
    if max(map(len, words)) < 2 or not words <= {*BOOLEANS, *POSITIVE, *NEGATIVE}:
        return ""
    told = ", ".join(f"`{show(text)}`" for text in column.texts.to_pylist()[:4])
    return f"{told} say yes or no in {len(column.values)} ways, and are a class each: write each in one way"


def find_leaks(label: Column, others: Mapping[str, Column], kind: str) -> dict[str, Guess]:
    """Returns the columns that give the label away, and how."""
    codes, leaks = label.codes(), {}
    for name, column in others.items():
        if reason := (_find_twin if kind == "regression" else _find_recoding)(label, codes, column):
            leaks[name] = Guess(f"gives the label away: {reason}")
    return leaks


def _require_whole(column: Column) -> None:
    where = column.name
    if not column.is_single:
        raise DataRejected(f"the label is of type {column.cells.type}", where, "Name another column with --label.")
    if not len(column.values):
        raise DataRejected("the label is missing in every row", where, "Name another column with --label.")
    if len(column.values) < 2:
        raise DataRejected(f"the label is `{show(column.texts[0].as_py())}` in every row", where, "Add other rows.")


def _guess_kind(column: Column) -> str:
    distinct = len(column.values)
    if distinct == 2:
        return "binary"
    often = 2 * distinct <= column.counts.sum()  # what hardly repeats is measured
    is_whole = column.is_whole or column.is_number and bool((column.numbers % 1 == 0).all())  # 1.0, as pandas has it
    if is_whole and often and distinct <= (CLASSES if column.counts.min() >= RARE else CODES):
        return "multiclass"
    if column.is_number:
        return "regression"
    if distinct <= CLASSES:
        return "multiclass"
    odd = doubt_numbers(column)
    what = f"the label has {distinct:,} different texts, too many for classes{odd and f'; it holds {odd}'}"
    raise ConfigError(what, column.name, "Name another column with --label, or say --kind multiclass.")


def _require_kind(column: Column, kind: str) -> None:
    distinct = len(column.values)
    fits = {"binary": distinct == 2, "multiclass": distinct > 2, "regression": column.is_number}
    if kind not in fits:
        kinds = f"The kinds are {', '.join(fits)}, multilabel."
        raise ConfigError(f"'{kind}' is no kind of label", "--kind", kinds)
    if not fits[kind]:
        held = "numbers" if column.is_number else "texts"
        raise ConfigError(f"`{column.name}` has {distinct:,} different {held}: no {kind} label", "--kind")


def _aim_at_number(column: Column, shares: np.ndarray) -> Target:
    mean = float((column.numbers * shares).sum())
    spread = float(np.sqrt((shares * (column.numbers - mean) ** 2).sum()))
    if spread < TINY:
        what = f"the label deviates by {spread:.3g}, of which a 32-bit float leaves nothing"
        raise DataRejected(what, column.name, "Multiply it, so that it is near 1.")
    reason = f"{show_span(float(column.numbers.min()), float(column.numbers.max()))}, mean {show(mean)}"
    limits = {"max": f"{spread:.5g}", "max_rise": f"{spread / 50:.2g}"}
    told = "the label's standard deviation: what always saying the mean gives; 2 % of it"
    return Target("regression", reason, (), (("rmse", limits, told),))


def _beat(kind: str, shares: np.ndarray, drop: float, judged: float) -> list[Threshold]:
    """Returns what asks a model to beat the one that always says the largest class, or each class's share.

    So many rows judge it that chance moves a measure by its standard error; of an AUC as Mann and Whitney have it.
    """
    largest = float(shares.max())
    change = f"{drop:g}"
    if kind == "binary":
        noise = SURE * np.sqrt((judged + 1) / (12 * judged**2 * shares.prod()))
        limits = {"min": f"{min(STRICTEST, 0.5 + noise):.2g}", "max_drop": change}
        ranked: list[Threshold] = [("auc", limits, "0.5 is tossing a coin, and chance adds as much to it as the rest")]
    else:
        ranked = []
    if largest > LOPSIDED:
        entropy = float(-(shares * np.log(shares)).sum())
        noise = SURE * np.sqrt((shares * (np.log(shares) + entropy) ** 2).sum() / judged)
        told = "what always saying each class's share gives, and what chance adds to it"
        return [*ranked, ("log_loss", {"max": f"{entropy + noise:.4f}"}, told)]
    limits = {"min": f"{largest:.4f}", **({} if ranked else {"max_drop": change})}
    return [*ranked, ("accuracy", limits, "the share of the largest class")]


def _rank(column: Column, kind: str) -> Sequence[Any]:
    """Returns what to sort the classes by: numbers by size, texts by name; of two, one that says yes comes second."""
    if column.is_number:
        return column.numbers.tolist()
    texts = column.texts.to_pylist()
    lowered = [text.strip().lower() for text in texts]
    told = [(text in POSITIVE) - (text in NEGATIVE or _denies(text, lowered)) for text in lowered]
    return told if kind == "binary" and told[0] != told[1] else texts


def _denies(text: str, texts: Sequence[str]) -> bool:
    """Whether a text is another with a not before it, such as `not spam`."""
    return any(
        text in (f"{no}{gap}{other}" for no in ("no", "not", "non") for gap in (" ", "-", "_")) for other in texts
    )


def _find_recoding(label: Column, codes: np.ndarray, column: Column) -> str:
    """Returns how a column tells the class: a value for each class and a class for each value, or by being blank."""
    blank = column.cells.is_null().to_numpy()
    if len(label.values) == 2 and blank.any() and len({*codes[blank]}) == 1 == len({*codes[~blank]}):
        return f"it is blank where the label is `{show(label.texts[int(codes[blank][0])].as_py())}`, and only there"
    if len(column.values) == len(label.values) and 2 * blank.sum() < len(blank):
        pairs = np.unique(np.stack([codes[~blank], column.codes()[~blank]]), axis=1)
        if pairs.shape[1] == len(label.values):
            return "each of its values stands for one of the label's"
    return ""


def _find_twin(label: Column, codes: np.ndarray, column: Column) -> str:
    """Returns how a column tells the number: it is the same on another scale, in the same order and as fine."""
    both = column.cells.is_valid().to_numpy()
    if not column.is_number or len(column.values) != len(np.unique(codes[both])) or 2 * both.sum() < len(both):
        return ""
    others = column.codes()
    pairs = np.unique(np.stack([label.numbers[codes[both]], column.numbers[others[both]]]), axis=1)
    steps = np.diff(pairs[1])
    if pairs.shape[1] == len(column.values) and ((steps > 0).all() or (steps < 0).all()):
        return "it rises and falls with the label, value by value"
    return ""
