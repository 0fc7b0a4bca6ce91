"""Rows that a model is most sure of: those that it has right, and those that it has wrong, with their cells."""

import base64
import io
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from configs.schema.config import Label

EACH = 5  # of right and of wrong ones
FEATURES = 12  # that are shown
LETTERS, NUMBERS = 160, 8  # of a cell
PIXELS = 96  # of a picture's longer side

Picture = Sequence[float]  # height, width, channels, maximum: of one that is made of numbers


def choose_examples(
    rows: pa.RecordBatch,
    labels: np.ndarray,
    answers: np.ndarray,
    label: Label,
    shown: Sequence[str],
    pictures: Mapping[str, Picture],
) -> dict[str, list[dict[str, Any]]]:
    """Returns rows by `right` and `wrong`, what each is and is predicted to be, and its cells; of a number those
    whose error is least and largest.
    """
    sure, right = rate_numbers(labels, answers, label) if label.kind == "regression" else rate_classes(labels, answers)
    names = list(shown)[:FEATURES]
    columns = [rows.column(rows.schema.get_field_index(name)) for name in names]
    found: dict[str, list[dict[str, Any]]] = {}
    for kind, held in (("wrong", ~right), ("right", right)):
        chosen = [row for row in np.argsort(-sure, kind="stable").tolist() if held[row]][:EACH]
        found[kind] = [
            {
                "actual": name_label(labels[row], label),
                "predicted": name_answer(answers[row], label),
                "cells": {
                    name: show(column[row].as_py(), pictures.get(name))
                    for name, column in zip(names, columns, strict=True)
                },
            }
            for row in chosen
        ]
    return found


def rate_classes(labels: np.ndarray, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns how sure the model is of what it says of each row, and whether that is right."""
    if labels.shape == answers.shape:
        return np.abs(answers - 0.5).min(axis=1) + 0.5, ((answers > 0.5) == (labels > 0.5)).all(axis=1)
    return answers.max(axis=1), answers.argmax(axis=1) == labels[:, 0]


def rate_numbers(labels: np.ndarray, answers: np.ndarray, label: Label) -> tuple[np.ndarray, np.ndarray]:
    """Returns by which the largest errors come first among those above the median, and the least among the others."""
    errors = np.abs(labels[:, 0] + label.offset - answers[:, answers.shape[1] // 2])
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


def show(cell: list[Any] | None, picture: Picture | None) -> dict[str, str]:
    """Returns a cell as a page shows it: a `text`, or an `image` as the URL of a PNG file."""
    if not cell:
        return {"text": ""}
    if picture:
        return {"image": draw(cell, picture)}
    parts = [part.decode(errors="replace") if isinstance(part, bytes) else f"{part:.6g}" for part in cell[:NUMBERS]]
    text = ", ".join(parts) + (", …" if len(cell) > NUMBERS else "")
    return {"text": text if len(text) <= LETTERS else f"{text[:LETTERS]}…"}


def draw(cell: list[Any], picture: Picture) -> str:
    """Returns a small PNG file of a picture, be it a file or numbers, as a URL that holds it."""
    if isinstance(cell[0], bytes):
        opened = Image.open(io.BytesIO(cell[0])).convert("RGB")
    else:
        height, width, channels, maximum = picture
        pixels = (np.clip(np.array(cell, float) / maximum, 0, 1) * 255).astype("uint8")
        size = (int(height), int(width), int(channels))
        opened = Image.fromarray(pixels.reshape(size[: 3 if channels > 1 else 2]))
    opened.thumbnail((PIXELS, PIXELS))
    file = io.BytesIO()
    opened.save(file, "png")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
