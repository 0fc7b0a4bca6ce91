"""The feature kinds, each once: what is learnt of it, its transform, and the columns that a model sees of it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeGuard

import keras
import tensorflow as tf

from configs.schema.features import Boolean, Categorical, Feature, Image, Numeric, Steps, Timestamp, Words
from trainer.features import image, numeric, sequence, timestamp, words
from trainer.features.cells import MISSING, NUMBERS, Cells
from trainer.features.learnt import Learnt

Parts = dict[str, tf.Tensor]
Table: TypeAlias = tf.lookup.StaticVocabularyTable
YEARS = [Numeric(kind="numeric")]  # how years are scaled


@dataclass(frozen=True)
class Column:
    """What a model sees: an id below `size`, `length` ids of which 0 is padding, or a `shape` of numbers, float32.

    A shape is (numbers,) of NUMBERS, whose `parts` say what each of them is, the (height, width, channels) of an image
    in 0..1, or the (steps, width) of a sequence. A mask has the `length` of a sequence, int64, with 1 for each step of
    the column `mask_of` that is none of padding.
    """

    name: str
    size: int | None = None
    length: int | None = None
    shape: tuple[int, ...] | None = None
    mask_of: str | None = None
    parts: tuple[str, ...] = ()

    def input(self) -> keras.KerasTensor:
        whole = self.size is not None or self.mask_of is not None
        return keras.Input(self.shape or (self.length or 1,), name=self.name, dtype="int64" if whole else "float32")


def columns(features: Mapping[str, Feature], sizes: Mapping[str, int]) -> list[Column]:
    """Returns what a model sees of the features, given the sizes of the vocabularies that were learnt."""
    numbers = list_numbers(features)
    packed = [Column(NUMBERS, shape=(len(numbers),), parts=tuple(numbers))] if numbers else []
    return packed + [
        Column(name_column(name, part), **shape)
        for name, feature in features.items()
        for part, shape in _shape(escape(name), feature, sizes)
    ]


def list_numbers(features: Mapping[str, Feature]) -> list[str]:
    """Returns what each of a model's NUMBERS is: of numeric features first, then of moments."""
    numbers = [name_column(name, "number") for name, option in _numeric(features).items() if option.buckets is None]
    moments = ((name, feature) for name, feature in features.items() if isinstance(feature, Timestamp))
    return numbers + [name_column(name, part) for name, feature in moments for part in timestamp.list_parts(feature)]


def list_buckets(features: Mapping[str, Feature]) -> dict[str, tuple[int, int]]:
    """Returns the features that are cut into buckets: their places among the numeric ones, and how many buckets."""
    numbers = enumerate(_numeric(features).items())
    return {name: (place, option.buckets) for place, (name, option) in numbers if option.buckets}


def list_vocabularies(features: Mapping[str, Feature]) -> dict[str, int]:
    """Returns the most values of each vocabulary that is learnt, by its feature's escaped name."""
    return {escape(name): feature.vocabulary or 0 for name, feature in features.items() if _has_vocabulary(feature)}


def measure(features: Mapping[str, Feature], cells: Cells) -> Parts:
    """Returns the numbers, float32 [rows, columns], whose moments are learnt, by group; NaN is no number."""
    found: Parts = {}
    if NUMBERS in cells:
        found[NUMBERS] = numeric.shrink(list(_numeric(features).values()), cells[NUMBERS])
    for name, feature in features.items():
        if isinstance(feature, Timestamp) and timestamp.YEAR in feature.parts:
            found[name_column(name, timestamp.YEAR)] = timestamp.split(cells[name], feature)[timestamp.YEAR]
        if isinstance(feature, Steps) and not feature.ids:
            found[name_column(name, "steps")] = sequence.measure(cells[name], feature)
    return found


def read_words(features: Mapping[str, Feature], cells: Cells) -> Parts:
    """Returns the values, text of any shape, of which each vocabulary is learnt, by its feature's escaped name."""
    return {
        escape(name): words.split(cells[name], feature).values if isinstance(feature, Words) else cells[name]
        for name, feature in features.items()
        if _has_vocabulary(feature)
    }


def transform(features: Mapping[str, Feature], cells: Cells, learnt: Learnt, tables: Mapping[str, Table]) -> Parts:
    """Returns the columns that a model sees of the cells of features, by name; `tables` are those of vocabularies.

    NUMBERS are [batch, numbers]; an id is [batch, 1], words are [batch, length], images and steps are [batch, *shape].
    """
    made, numbers = _transform_numbers(features, cells, learnt)
    for name, feature in features.items():
        if isinstance(feature, Timestamp):
            numbers += _transform_moments(name, feature, cells[name], learnt)
        elif not isinstance(feature, Numeric):
            known = tables.get(escape(name)) or learnt.moments.get(name_column(name, "steps"))
            own = TRANSFORMS[feature.kind](feature, cells[name], known)
            made |= {name_column(name, part): tensor for part, tensor in own.items()}
    return ({NUMBERS: tf.concat(numbers, axis=1)} if numbers else {}) | made


def name_column(feature: str, part: str) -> str:
    """Returns a name for a part of a feature, unlike the feature's own.

    The Evaluator looks for a column to slice by in what Transform made first: it is to find the raw values.
    """
    return f"{escape(feature)}.{part}"


def escape(name: str) -> str:
    """Returns letters, digits and underscores only, as Keras and the files of vocabularies need; no two are alike."""
    return re.sub(r"\W|_", lambda found: "__" if found[0] == "_" else f"_{ord(found[0]):x}_", name)


def _shape(name: str, feature: Feature, sizes: Mapping[str, int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the parts of a feature that are none of NUMBERS, and what a `Column` says of each."""
    match feature:
        case Numeric(buckets=int() as count):
            yield "bucket", {"size": count}
        case Categorical(hash=int() as count):
            yield "id", {"size": count}
        case Categorical(ids=int() as count):
            yield "id", {"size": count + 1}  # and one for all other values
        case Categorical():
            yield "id", {"size": sizes[name] + feature.oov}
        case Boolean():
            yield "id", {"size": 3}  # false, true, missing
        case Words():
            size = 1 + sizes[name] + 1  # padding, words, and all other words
            yield "words", {"size": size, "length": feature.length}
        case Image():
            yield "image", {"shape": (feature.height, feature.width, feature.channels)}
        case Steps(ids=int() as count):
            yield "ids", {"size": 1 + count + 1, "length": feature.length}  # padding, ids, and all others
        case Steps():
            yield "steps", {"shape": (feature.length, feature.width)}
            yield "mask", {"length": feature.length, "mask_of": f"{name}.steps"}


def _has_vocabulary(feature: Feature) -> TypeGuard[Categorical | Words]:
    return isinstance(feature, Words) or (isinstance(feature, Categorical) and feature.vocabulary is not None)


def _numeric(features: Mapping[str, Feature]) -> dict[str, Numeric]:
    return {name: feature for name, feature in features.items() if isinstance(feature, Numeric)}


def _transform_numbers(features: Mapping[str, Feature], cells: Cells, learnt: Learnt) -> tuple[Parts, list[tf.Tensor]]:
    """Return the ids of those that are cut into buckets, by column, and all others, [batch, columns] once."""
    options, places = _numeric(features), list_buckets(features)
    if not options:
        return {}, []
    moments, chosen = learnt.moments[NUMBERS], list(options.values())
    shrunk = numeric.shrink(chosen, cells[NUMBERS])
    buckets: Parts = {}
    if places:
        whole = tf.gather(numeric.fill(chosen, moments, shrunk), [place for place, _ in places.values()], axis=1)
        ids = numeric.cut({name: learnt.edges[name] for name in places}, whole)
        buckets = {name_column(name, "bucket"): own for name, own in ids.items()}
    others = [place for place, name in enumerate(options) if name not in places]
    scaled = numeric.scale(chosen, moments, shrunk)
    return buckets, [tf.gather(scaled, others, axis=1) if places else scaled] if others else []


def _transform_moments(name: str, feature: Timestamp, seconds: tf.Tensor, learnt: Learnt) -> list[tf.Tensor]:
    parts = timestamp.split(seconds, feature)
    if timestamp.YEAR in parts:
        moments = learnt.moments[name_column(name, timestamp.YEAR)]
        parts[timestamp.YEAR] = numeric.scale(YEARS, moments, parts[timestamp.YEAR])
    return list(parts.values())


def _categorical(feature: Categorical, values: tf.Tensor, table: Any) -> Parts:
    if feature.hash:
        return {"id": tf.strings.to_hash_bucket_fast(values, feature.hash)}
    return {"id": sequence.bound(values, feature.ids) if feature.ids else table.lookup(values)}


def _boolean(feature: Boolean, values: tf.Tensor, _: None) -> Parts:
    return {"id": tf.where(values == MISSING, tf.constant(2, tf.int64), tf.clip_by_value(values, 0, 2))}


def _words(feature: Words, values: tf.Tensor, table: Table) -> Parts:
    return {"words": words.number(words.split(values, feature), table, feature)}


def _image(feature: Image, values: Any, _: None) -> Parts:
    return {"image": image.assemble(values, feature) if feature.columns else image.decode(values, feature)}


def _steps(feature: Steps, values: tf.SparseTensor, moments: Any) -> Parts:
    if feature.ids:
        return {"ids": sequence.pad_ids(values, feature.ids, feature.length)}
    steps, mask = sequence.pad(values, feature, moments)
    return {"steps": steps, "mask": mask}


TRANSFORMS: dict[str, Callable[..., Parts]] = {
    "categorical": _categorical,
    "boolean": _boolean,
    "text": _words,
    "image": _image,
    "sequence": _steps,
}
