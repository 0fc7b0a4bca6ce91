import pytest

from components.readers import class_folders
from components.readers.files import FOLDER, list_files
from components.readers.formats import FORMATS
from components.validation import validate
from components.validation.column_types import Role
from configs.errors import DataRejected
from configs.samples.datasets import encode_png

ROLES = {"image": Role("image", "image"), "label": Role("label", "label", classes=("cats", "dogs"))}


@pytest.fixture
def pets(tmp_path):
    """A folder of images: two cats, one of them in a folder of its own, and a dog."""
    for name in ("cats/1.png", "cats/old/2.png", "dogs/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(encode_png([bytes([int(name[-5])])]))
    (tmp_path / "cats" / ".DS_Store").touch()
    return tmp_path


def rows(path, format):
    return [row for batch in FORMATS[format].read_batches(str(path)) for row in batch.to_pylist()]


def check(folder, format="images", roles=ROLES):
    files = list_files(str(folder), FOLDER, format)
    return [row for batch in validate.check_batches(files, format, roles) for row in batch.to_pylist()]


def test_an_image_is_a_row_labelled_by_the_folder_of_its_class(pets):
    assert rows(pets / "cats", "images") == [
        {"image": encode_png([b"\1"]), "label": "cats", "file": "cats/1.png"},
        {"image": encode_png([b"\2"]), "label": "cats", "file": "cats/old/2.png"},
    ]
    assert [row["label"] for row in check(pets)] == [0, 0, 1]


def test_images_come_some_megabytes_at_a_time(pets, monkeypatch):
    monkeypatch.setattr(class_folders, "BLOCK", 10)
    assert [len(batch) for batch in FORMATS["images"].read_batches(str(pets / "cats"))] == [1, 1]


def test_a_table_names_images(pets):
    (pets / "labels.csv").write_text("image,label\ncats/1.png,cats\ndogs/3.png,dogs\n")
    assert [row["image"] for row in check(pets)] == [encode_png([b"\1"]), encode_png([b"\3"])]
    names = ["labels.csv", "cats/1.png", "dogs/3.png"]
    assert FORMATS["images"].list_parts(str(pets / "labels.csv")) == [str(pets / name) for name in names]


def test_an_image_that_a_table_names_in_vain_is_told_by_row(pets):
    (pets / "labels.csv").write_text("image,label\ncats/1.png,cats\ncats/9.png,dogs\n")
    with pytest.raises(DataRejected, match=r"`cats/9.png` names an image that cannot be read \(No such file") as caught:
        check(pets)
    assert caught.value.where == f"{pets}/labels.csv:3:image"


def test_an_image_that_is_none_is_told_by_its_file(pets):
    (pets / "cats" / "old" / "2.png").write_bytes(b"GIF89a")
    with pytest.raises(DataRejected, match="The cell is an image that is neither PNG nor JPEG") as caught:
        check(pets)
    assert caught.value.where == f"{pets}/cats/old/2.png:image"


def test_a_stray_file_among_images_is_refused(pets):
    (pets / "cats" / "notes.txt").touch()
    with pytest.raises(DataRejected, match="not a .png or .jpg or .jpeg file") as caught:
        check(pets)
    assert caught.value.where == str(pets / "cats" / "notes.txt")


def test_an_empty_class_is_refused(pets):
    (pets / "birds").mkdir()
    with pytest.raises(DataRejected, match="The folder is empty"):
        check(pets)


@pytest.mark.parametrize("name", ["good.txt", "good/1.txt"])
def test_a_text_is_a_row_by_file_or_by_line(tmp_path, name):
    for path, text in ((tmp_path / name, "so good\n\nso it is\n"), (tmp_path / name.replace("good", "bad"), "no\n")):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8-sig")
    roles = {"text": Role("text", "text"), "label": Role("label", "label", classes=("bad", "good"))}
    texts = ["so good", "so it is"] if name == "good.txt" else ["so good\n\nso it is\n"]
    assert check(tmp_path, "text", roles)[1:] == [{"text": text, "label": 1} for text in texts]


def test_a_text_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "1.txt").write_bytes(b"caf\xe9")
    with pytest.raises(DataRejected, match="Byte 3 of the file"):
        rows(tmp_path / "good", "text")


def test_an_empty_file_is_no_missing_image(pets):
    (pets / "dogs" / "4.png").touch()
    with pytest.raises(DataRejected, match="The file of an image is empty") as error:
        check(pets)
    assert error.value.where == str(pets / "dogs" / "4.png")
