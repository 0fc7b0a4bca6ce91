"""Rows that a model is most sure of: those that it has right, and those that it has wrong, with their cells."""

import base64
import io
from collections.abc import Collection, Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
from PIL import Image

from components.explanation.attribution import Attribution
from components.explanation.rows import Answered
from configs.clock import tell_date
from configs.schema.label import Label

EACH = 5  # of right and of wrong ones
FEATURES = 12  # that are shown
LETTERS, NUMBERS = 160, 8  # of a cell
PIXELS = 96  # of a picture's longer side
WORDS = 120  # of a text, where what each adds is shown
PALE = 0.4  # how dark a picture is left
ADDS, TAKES = (31, 111, 235), (200, 104, 28)  # the page's first and second colour

Picture = Sequence[float]  # height, width, channels, maximum: of one that is made of numbers


def choose_rows(known: Answered) -> dict[str, list[int]]:
    """Returns the places of rows by `wrong` and `right`: those that the model is surest of; of a number those whose
    error is largest and least.
    """
    sure, right = rate_numbers(known) if known.label.kind == "regression" else rate_classes(known.labels, known.answers)
    order = np.argsort(-sure, kind="stable")
    return {kind: order[held[order]][:EACH].tolist() for kind, held in (("wrong", ~right), ("right", right))}


def tell_example(
    known: Answered,
    row: int,
    shown: Sequence[str],
    pictures: Mapping[str, Picture],
    moments: Collection[str] = (),
    attribution: Attribution | None = None,
) -> dict[str, Any]:
    """Returns what a row is and is predicted to be, and the first of its cells that may be shown; where it is known
    what their parts add to the answer, that, and the answer without them.
    """
    cells = {name: known.rows.column(known.rows.schema.get_field_index(name))[row].as_py() for name in shown[:FEATURES]}
    drawn = {name: show(cell, pictures.get(name), name in moments) for name, cell in cells.items()}
    told = {
        "actual": name_label(known.labels[row], known.label),
        "predicted": name_answer(known.answers[row], known.label),
    }
    if attribution is None:
        return told | {"cells": drawn}
    added = {name: mark(cell, pictures.get(name), attribution, name) for name, cell in cells.items()}
    return told | {"cells": {name: drawn[name] | added[name] for name in cells}, "without": attribution.base}


def rate_classes(labels: np.ndarray, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns how sure the model is of what it says of each row, and whether that is right."""
    if labels.shape == answers.shape:
        return np.abs(answers - 0.5).min(axis=1) + 0.5, ((answers > 0.5) == (labels > 0.5)).all(axis=1)
    return answers.max(axis=1), answers.argmax(axis=1) == labels[:, 0]


def rate_numbers(known: Answered) -> tuple[np.ndarray, np.ndarray]:
    """Returns by which the largest errors come first among those above the median, and the least among the others."""
    errors = np.abs(known.labels[:, 0] + known.label.offset - known.answers[:, known.answers.shape[1] // 2])
    right = errors <= np.median(errors)
    return np.where(right, -errors, errors), right


def name_label(label: np.ndarray, kind: Label) -> str:
    """Returns what a row is."""
    if kind.kind == "regression":
        return f"{label[0] + kind.offset:.6g}"
    if kind.kind == "multilabel":
        return "|".join(compress(kind.values, label > 0.5))
    return kind.values[int(label[0])]


def name_answer(answer: np.ndarray, kind: Label) -> str:
    """Returns what a row is predicted to be, of classes with the score."""
    if kind.kind == "regression":
        return f"{answer[len(answer) // 2]:.6g}"
    if kind.kind == "multilabel":
        return "|".join(compress(kind.values, answer > 0.5))
    scores = np.array([1 - answer[0], answer[0]]) if kind.kind == "binary" else answer
    return f"{kind.values[int(scores.argmax())]} ({scores.max():.4f})"


def show(cell: list[Any] | None, picture: Picture | None, is_moment: bool = False) -> dict[str, str]:
    """Returns a cell as a page shows it: a `text`, or an `image` as the URL of a PNG file."""
    if not cell:
        return {"text": ""}
    if is_moment:
        return {"text": tell_date(cell[0])}
    if picture:
        return {"image": as_url(open_picture(cell, picture))}
    parts = [part.decode(errors="replace") if isinstance(part, bytes) else f"{part:.6g}" for part in cell[:NUMBERS]]
    text = ", ".join(parts) + (", …" if len(cell) > NUMBERS else "")
    return {"text": text if len(text) <= LETTERS else f"{text[:LETTERS]}…"}


def mark(cell: list[Any] | None, picture: Picture | None, attribution: Attribution, feature: str) -> dict[str, Any]:
    """Returns what the parts of a cell add: an image as `added`, a text as its `words`, each with its share."""
    shares = attribution.share(feature)
    if not cell or shares is None:
        return {}
    if picture:
        return {"added": as_url(tint(open_picture(cell, picture), shares))}
    words = attribution.words[feature][:WORDS]
    return {"words": [[word, round(float(share), 2)] for word, share in zip(words, shares, strict=False)]}


def open_picture(cell: list[Any], picture: Picture) -> Image.Image:
    """Returns a picture, be it a file or numbers, made small."""
    if isinstance(cell[0], bytes):
        opened = Image.open(io.BytesIO(cell[0])).convert("RGB")
    else:
        height, width, channels, maximum = picture
        pixels = (np.clip(np.array(cell, float) / maximum, 0, 1) * 255).astype("uint8")
        size = (int(height), int(width), int(channels))
        opened = Image.fromarray(pixels.reshape(size[: 3 if channels > 1 else 2]))
    opened.thumbnail((PIXELS, PIXELS))
    return opened


def tint(picture: Image.Image, shares: np.ndarray) -> Image.Image:
    """Returns a pale picture, blue where its pixels add and orange where they take, by their shares [height, width]."""
    spread = np.array(Image.fromarray(shares.astype("float32")).resize(picture.size))[..., None]
    pale = 255 - PALE * (255 - np.array(picture.convert("L"), float)[..., None])
    colour = np.where(spread > 0, ADDS, TAKES)
    return Image.fromarray((pale + np.abs(spread) * (colour - pale)).round().astype("uint8"))


def as_url(picture: Image.Image) -> str:
    """Returns a URL that holds a picture as a PNG file."""
    file = io.BytesIO()
    picture.save(file, "png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
