"""What init makes of pictures, and of tables that name them."""

import csv
from base64 import b64encode

import numpy as np
import pandas as pd
import pytest

from configs.errors import DataRejected
from pipelines.onboarding.config_draft import draft
from pipelines.onboarding.feature_guess import Guess
from pipelines.onboarding.picture_inference import choose_network, describe_pictures, fit
from tests.pipelines.onboarding.test_folder_inference import read_draft, write_pictures


def test_a_size_is_that_of_small_pictures_or_scaled_down():
    assert fit(np.array([[8, 8], [8, 8]])) == (8, 8)
    assert fit(np.array([[28, 28], [32, 30], [28, 29]])) == (28, 29)
    assert fit(np.array([[1080, 1920]])) == (32, 64)
    assert fit(np.array([[10, 2000]])) == (8, 64)


@pytest.mark.parametrize(("side", "blocks"), [(2, 0), (4, 1), (8, 2), (28, 3), (32, 4), (64, 5)])
def test_each_block_halves_the_picture_as_long_as_something_is_left(side, blocks):
    assert choose_network(Guess("", "image", {"height": side, "width": 64})).model.count("filters") == blocks


def write_table(folder, names, delimiter=","):
    """A table of pictures, their class, and a number that says nothing."""
    with (folder / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["photo", "weight", "kind"])
        writer.writerows([name, 10 + number * 7 % 13, name.split("/")[1]] for number, name in enumerate(names))
    return str(folder / "table.csv")


def list_pictures(folder):
    write_pictures(folder / "pics")
    return [str(path.relative_to(folder)) for path in sorted(folder.glob("pics/*/*.*"))]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_table_that_names_pictures_makes_a_feature_of_them(tmp_path, delimiter):
    drawn = draft(write_table(tmp_path, list_pictures(tmp_path), delimiter), "kind", tmp_path / "it.yaml")
    config = read_draft(drawn)
    assert (config.data.format, config.data.path, config.data.delimiter) == ("images", "table.csv", delimiter)
    assert {name: feature.kind for name, feature in config.features.items()} == {
        "photo": "image",
        "weight": "numeric",
    }
    assert (config.features["photo"].height, config.features["photo"].width) == (30, 40)
    assert config.model.family == "cnn"


def test_pictures_that_are_not_there_are_told(tmp_path):
    names = [name.replace("pics", "gone") for name in list_pictures(tmp_path)]
    drawn = draft(write_table(tmp_path, names), "kind", tmp_path / "it.yaml")
    assert read_draft(drawn).data.format == "csv"
    assert drawn.left_out["photo"].reason.startswith("names pictures that do not lie beside the table, such as gone/")


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_pictures_in_cells_are_found_as_bytes_and_in_base64(tmp_path, suffix):
    names = list_pictures(tmp_path)
    cells = [(tmp_path / name).read_bytes() for name in names]
    table = pd.DataFrame({"scan": cells, "kind": [name.split("/")[1] for name in names]})
    if suffix == "parquet":
        table.to_parquet(tmp_path / "rows.parquet")
    else:
        table["scan"] = [b64encode(cell).decode() for cell in cells]
        table.to_csv(tmp_path / "rows.csv", index=False)
    config = read_draft(draft(str(tmp_path / f"rows.{suffix}"), "kind", tmp_path / "it.yaml"))
    assert config.data.format == suffix
    assert (config.features["scan"].kind, config.features["scan"].width) == ("image", 40)


def test_pictures_none_of_which_can_be_opened_are_refused(tmp_path):
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(DataRejected, match="None of the pictures can be opened"):
        describe_pictures([str(tmp_path / "1.png")])
