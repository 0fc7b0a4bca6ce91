"""Labels of several classes in a cell, told by what stands between them, and what the trivial model reaches."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import compress

import numpy as np
import pyarrow as pa

from components.validation.cast import split_names
from components.validation.column_types import Role
from components.validation.profile import Column, Profile, describe
from components.validation.spelling import is_text
from configs.errors import ConfigError
from configs.loading.yaml_writer import show, spell_text
from pipelines.onboarding.label_inference import CLASSES, Target
from pipelines.onboarding.spelling_inference import find_lookalikes

SEPARATORS = ("|", ",", ";", "/", "+", "&")
OFTEN = 5  # rows, on average, that a class is named in


def find_sets(column: Column, kind: str | None) -> tuple[str, Mapping[str, int]] | None:
    """Returns what parts the classes in a cell, and in how many rows each is named; None for a label of another kind.

    Cells hold sets where their parts come again in other cells. Raises ConfigError where they do not and are said to.
    """
    if kind not in (None, "multilabel") or not is_text(column.values.type) or column.is_number:
        found = []
    else:
        named = ((separator, _count(column, separator)) for separator in SEPARATORS)
        found = [(separator, counts) for separator, counts in named if _are_classes(column, separator, counts)]
    if found and _are_flags(column):
        remedy = f"Write a column of 0 and 1 for each class, and name them all: --label A,B,{'...'}"
        raise ConfigError("its lists hold 0 and 1 at each place, and no names of classes", column.name, remedy)
    if not found and kind == "multilabel":
        remedy = f"Part them by one of {' '.join(SEPARATORS)} (red|green), or name another kind with --kind."
        raise ConfigError("no cell names several classes that others name as well", column.name, remedy)
    return found[0] if found else None


def spread_lists(column: Column) -> Column:
    """Returns a column of lists as one of their texts, and any other as it is."""
    if not pa.types.is_list(column.cells.type) and not pa.types.is_large_list(column.cells.type):
        return column
    cells = [None if cell is None else json.dumps(cell, ensure_ascii=False) for cell in column.cells.to_pylist()]
    return describe(column.name, pa.chunked_array([pa.array(cells, pa.string())]))


def doubt_sets(column: Column, counts: Mapping[str, int] | None) -> list[str]:
    """Returns what is to be said of classes that look alike, and of several in a cell that only blanks part."""
    if counts is not None:
        alike = find_lookalikes(counts) or _find_variants(counts)
        return [f"`{column.name}`: {alike}"] if alike else []
    if not is_text(column.values.type) or column.is_number:
        return []
    words = {word for text in column.texts.to_pylist() for word in text.split()}
    if not _are_classes(column, " ", _count(column, " ")) or 2 * len(words) > len(column.values):
        return []
    told = f"`{show(max(column.texts.to_pylist(), key=len))}` seems to name several classes, and is taken for one"
    return [f"`{column.name}`: {told}: part them by | if they are several"]


def _find_variants(names: Iterable[str]) -> str:
    spelled: dict[str, str] = {}
    for name in names:
        if (other := spelled.setdefault(name.lower(), name)) != name:
            return (
                f"`{show(other)}` and `{show(name)}` differ by case alone, and are a class each: write them in one way"
            )
    return ""


def aim_at_sets(column: Column, counts: Mapping[str, int]) -> Target:
    """Returns the target that the label makes: to beat the one that says each class's share, at all classes' AUC."""
    shares = np.array([*counts.values()]) / column.rows
    right, wrong = shares / shares.sum(), (1 - shares) / (1 - shares).sum()
    above = (shares[:, None] > shares) + (shares[:, None] == shares) / 2
    limits = {"min": f"{float(right @ above @ wrong):.4f}", "max_drop": "0.02"}
    reason = f"{len(counts)} classes, {shares.sum():.1f} in a row on average"
    told = "what always saying each class's share gives, all classes together"
    return Target("multilabel", reason, tuple(sorted(counts)), (("auc", limits, told),))


def join_flags(profile: Profile, names: Sequence[str], kind: str | None) -> tuple[Profile, str, Mapping[str, int]]:
    """Returns the profile with one column in place of those of 0 and 1, its name, and in how many rows each is 1.

    Raises ConfigError where a column holds something else, or for another kind of label.
    """
    if kind not in (None, "multilabel"):
        raise ConfigError(f"several columns are no {kind} label", "--kind", "Leave it out, or name one column.")
    flags = {name: _read_flags(profile.columns[name]) for name in names}
    cells = ["|".join(compress(names, row)) for row in zip(*flags.values(), strict=True)]
    name = next(free for free in ("labels", "label_columns", "|".join(names)) if free not in profile.columns)
    others = {other: column for other, column in profile.columns.items() if other not in names}
    joined = describe(name, pa.chunked_array([pa.array(cells)]))
    return replace(profile, columns={**others, name: joined}), name, {key: sum(held) for key, held in flags.items()}


def spell_columns(names: Sequence[str]) -> list[str]:
    """Returns the lines of the label that name its columns."""
    return [f"columns: [{', '.join(map(spell_text, names))}]"]


def _read_flags(column: Column) -> list[int]:
    """Returns what each row has, as a flag of the label reads it."""
    try:
        flags = Role("flag", column.name).convert(column.cells.combine_chunks()).to_pylist()
    except pa.ArrowInvalid:
        remedy = "Each of several label columns holds 0 or 1 (yes or no) in every row."
        raise ConfigError("it holds something else, or blanks", f"--label {column.name}", remedy) from None
    if len({*flags}) < 2:
        raise ConfigError(f"it is {flags[0]} in every row", f"--label {column.name}", "Leave it out.")
    return flags


def spell_separator(separator: str) -> list[str]:
    """Returns the lines of the label that say what parts its classes, where that is not as usual."""
    return [] if separator == "|" else [f'separator: "{show(separator)}"']


def _count(column: Column, separator: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text, count in zip(column.texts.to_pylist(), column.counts.tolist(), strict=True):
        counts.update(dict.fromkeys(_part(text, separator), count))
    return counts


def _are_classes(column: Column, separator: str, counts: Mapping[str, int]) -> bool:
    several = [text for text in column.texts.to_pylist() if len(_part(text, separator)) > 1]
    often = sum(counts.values()) >= OFTEN * len(counts)
    clear = not any("|" in name for name in counts)
    return len(several) > 1 and 2 <= len(counts) <= min(CLASSES, len(column.values)) and often and clear


def _part(text: str, separator: str) -> Sequence[str]:
    return text.split() if separator == " " else split_names(text, separator)


def _are_flags(column: Column) -> bool:
    """Whether cells are lists of 0 and 1, of one length."""
    texts = column.texts.to_pylist()
    lists = all(re.fullmatch(r"\s*[\[({]\s*[01](\s*,\s*[01])+\s*[\])}]\s*", text) for text in texts)
    return lists and len({text.count(",") for text in texts}) == 1
