"""scikit-learn's boosted trees as the arrays that a model of ours holds."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from trainer.models.boosted_trees import Forest


def collect(
    iterations: Sequence[Sequence[Any]], units: Sequence[int], known: Sequence[np.ndarray], baseline: np.ndarray
) -> Forest:
    """Returns the forest of scikit-learn's TreePredictors, each iteration's trees being those of these `units`.

    `known` has the ids that training rows had, in their order, of each of the first columns, which hold ids that
    are split as such.
    """
    ids = 2 + max((int(values.max()) for values in known), default=-1)  # the last is that of all unknown ones
    parts: list[tuple[np.ndarray, ...]] = []
    rights, roots = [np.zeros(ids, "uint8")], np.zeros((len(iterations), len(baseline)), "int64")
    start, depth = 1, 0
    for iteration, trees in enumerate(iterations):
        for unit, tree in zip(units, trees, strict=True):
            nodes = tree.nodes
            roots[iteration, unit] = start
            split = np.zeros(len(nodes), "int64")
            for place in np.flatnonzero((nodes["is_categorical"] != 0) & (nodes["is_leaf"] == 0)):
                split[place] = len(rights)
                rights.append(_list_rights(tree, nodes[place], known, ids))
            parts.append((*_describe(nodes, start), split))
            start += len(nodes)
            depth = max(depth, int(nodes["depth"].max()))
    nothing = Forest.empty(len(baseline))
    first = (nothing.feature, nothing.threshold, nothing.children, nothing.value, nothing.split)
    feature, threshold, children, value, splits = (np.concatenate(part) for part in zip(first, *parts, strict=True))
    return Forest(feature, threshold, splits, children, value, np.stack(rights), roots, baseline, depth)


def round_down(numbers: np.ndarray) -> np.ndarray:
    """Returns the largest float32 that is not above each number: any float32 lies above both of them or above none."""
    with np.errstate(over="ignore"):
        near = numbers.astype("float32")
    return np.where(near > numbers, np.nextafter(near, np.float32(-np.inf)), near)


def _describe(nodes: np.ndarray, start: int) -> tuple[np.ndarray, ...]:
    """Return feature, threshold, children and value of a tree's nodes, the first of which is node `start` of all."""
    leaf, places = nodes["is_leaf"] != 0, start + np.arange(len(nodes))
    feature = np.where(leaf, 0, nodes["feature_idx"]).astype("int64")
    threshold = np.where(leaf | (nodes["is_categorical"] != 0), np.float32(np.inf), round_down(nodes["num_threshold"]))
    children = [np.where(leaf, places, start + nodes[side].astype("int64")) for side in ("left", "right")]
    return feature, threshold, np.stack(children, axis=1), np.where(leaf, nodes["value"], 0.0)


def _list_rights(tree: Any, node: np.void, known: Sequence[np.ndarray], ids: int) -> np.ndarray:
    """Return a 1 for each id that goes to the right; those that training rows did not have go where most rows do."""
    words = tree.raw_left_cat_bitsets[node["bitset_idx"]].astype("<u4")
    lefts = np.unpackbits(words.view("uint8"), bitorder="little")
    rights = np.full(ids, 1 - node["missing_go_to_left"], "uint8")
    values = known[node["feature_idx"]]
    rights[values] = 1 - lefts[: len(values)]  # scikit-learn numbers the values that it finds
    return rights
