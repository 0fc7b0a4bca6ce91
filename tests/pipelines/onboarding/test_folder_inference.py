"""What init makes of folders of images and of texts, whose names are the classes."""

import numpy as np
import pytest
from PIL import Image

from configs.errors import ConfigError, DataRejected
from configs.loading.yaml_document import parse
from configs.schema.config import Config
from pipelines.onboarding.config_draft import draft
from pipelines.onboarding.folder_inference import find_classes

SUFFIXES = ("png", "jpg", "JPEG")


def write_pictures(folder, width=40, height=30, count=20):
    """Coloured pictures of two classes, as PNG and as JPEG files."""
    for label, shade in (("day", 220), ("night", 30)):
        (folder / label).mkdir(parents=True)
        for number in range(count):
            pixels = np.full((height, width, 3), shade, np.uint8)
            pixels[: number + 1, :, 0] = 128
            Image.fromarray(pixels).save(folder / label / f"{number}.{SUFFIXES[number % 3]}")
    (folder / "README.md").write_text("two kinds")
    return str(folder)


def write_texts(folder, encoding="utf-8"):
    for label, words in (("gut", "schön größer ja"), ("schlecht", "übel nein lästig")):
        (folder / label).mkdir(parents=True)
        for number in range(15):
            (folder / label / f"{number}.txt").write_text(f"{words} Wort {number}\n{words}", encoding=encoding)
    return str(folder)


def read_draft(drawn):
    return Config.model_validate(parse(drawn.text, "it").data)


def test_pictures_of_two_formats_make_a_draft(tmp_path):
    drawn = draft(write_pictures(tmp_path / "pics"), None, tmp_path / "pics.yaml")
    config = read_draft(drawn)
    assert (config.data.format, config.data.path) == ("images", "pics")
    assert (config.label.kind, config.label.values) == ("binary", ("day", "night"))
    image = config.features["image"]
    assert (image.height, image.width, image.channels) == (30, 40, 3)
    assert drawn.features["image"].reason == "30 x 40 pixels, colours"
    assert len(config.model.blocks) == 3
    assert "label" not in drawn.left_out


def test_grey_pictures_have_one_channel_and_large_ones_are_scaled_down(tmp_path):
    folder = tmp_path / "pics"
    for label, shade in (("day", 220), ("night", 30)):
        (folder / label).mkdir(parents=True)
        for number in range(12):
            size = (640, 480) if number % 3 else (320, 240)
            Image.new("RGB", size, (shade, shade, shade)).save(folder / label / f"{number}.png")
    image = read_draft(draft(str(folder), "label", tmp_path / "it.yaml")).features["image"]
    assert (image.height, image.width, image.channels) == (48, 64, 1)


def test_texts_by_folder_make_a_draft_in_their_encoding(tmp_path):
    config = read_draft(draft(write_texts(tmp_path / "texts", "cp1252"), None, tmp_path / "it.yaml"))
    assert (config.data.format, config.data.path, config.data.encoding) == ("text", "texts", "cp1252")
    assert config.label.values == ("gut", "schlecht")
    assert config.features["text"].length >= 8


def test_texts_a_line_each_make_a_draft(tmp_path):
    (tmp_path / "lines").mkdir()
    for label in ("good", "bad"):
        rows = "".join(f"a {label} film with number {number} and more\n" for number in range(30))
        (tmp_path / "lines" / f"{label}.txt").write_text(rows)
    config = read_draft(draft(str(tmp_path / "lines"), None, tmp_path / "it.yaml"))
    assert (config.data.format, config.label.values) == ("text", ("bad", "good"))


def test_pictures_without_a_folder_for_each_class_are_told(tmp_path):
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(DataRejected, match="The folder holds images, and no folder for each class."):
        draft(str(tmp_path), None)


def test_folders_of_splits_are_not_taken_for_classes(tmp_path):
    for split in ("test", "train"):
        write_pictures(tmp_path / split)
    with pytest.raises(DataRejected, match="Each of test, train holds the same folders") as caught:
        draft(str(tmp_path), None)
    assert caught.value.remedy.startswith(f"Name one of them: millrace init {tmp_path}/train.")


def test_another_label_than_the_folders_names_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="there is no column `kind`"):
        draft(write_pictures(tmp_path / "pics"), "kind")


def test_folders_of_tables_are_none_of_classes(tmp_path):
    (tmp_path / "region=a").mkdir()
    (tmp_path / "region=a" / "rows.csv").write_text("a\n1\n")
    assert find_classes(str(tmp_path)) is None
    assert find_classes(str(tmp_path / "region=a")) is None
    assert find_classes(str(tmp_path / "region=a" / "rows.csv")) is None
    assert find_classes(str(tmp_path / "nowhere" / "*")) is None


def test_the_current_folder_may_hold_the_classes(tmp_path, monkeypatch):
    write_pictures(tmp_path / "pics")
    monkeypatch.chdir(tmp_path / "pics")
    for data in (".", "*"):
        assert draft(data, None).features.keys() == {"image"}


def test_a_table_needs_its_label_named(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ConfigError, match="it says which column is to be predicted") as caught:
        draft(str(tmp_path / "rows.csv"), None)
    assert (caught.value.where, caught.value.remedy) == ("--label", "The columns are: a, b.")


@pytest.mark.parametrize("kind", ["webp", "BMP", "tiff", "gif"])
def test_images_of_other_kinds_are_named(tmp_path, kind):
    for label in ("day", "night"):
        (tmp_path / label).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / label / f"1.{kind}")
    with pytest.raises(DataRejected, match=rf"The folder holds .{kind.lower()} images, and PNG and JPEG are"):
        draft(str(tmp_path), None)
