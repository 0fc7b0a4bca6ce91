import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from components.validation.image_cells import to_pictures
from configs.samples.datasets import encode_png

PIXEL = encode_png([b"\x80"])
NOISE = np.random.default_rng(3).integers(0, 256, (64, 64), "uint8")


def as_jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(NOISE).save(file, "jpeg")
    return file.getvalue()


def without_middle(picture: bytes) -> bytes:
    """Both its ends are whole."""
    return picture[: len(picture) // 3] + picture[-len(picture) // 3 :]


def test_a_name_is_that_of_a_file_as_the_folder_sees_it(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(PIXEL)
    names = pa.array(["images/a.png", None, "", str(tmp_path / "images" / "a.png")])
    assert to_pictures(names, str(tmp_path)).to_pylist() == [PIXEL, None, None, PIXEL]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("a.gif", "names no .png or .jpg or .jpeg file"),
        ("a.png", r"names an image that cannot be read \(No such file or directory\)"),
        (b"GIF89a", "is an image that is neither PNG nor JPEG"),
        (PIXEL[:-12], "is an image that is cut off"),
        (b"\xff\xd8\xff\xe0", "is an image that is cut off"),
        (without_middle(encode_png([row.tobytes() for row in NOISE])), "is an image that is damaged"),
        (as_jpeg()[:20] + as_jpeg()[-2:], "is an image that is damaged"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path, cell, what):
    with pytest.raises(pa.ArrowInvalid, match=what):
        to_pictures(pa.array([cell]), str(tmp_path))


def test_what_is_whole_is_handed_on_as_it_is():
    pictures = [as_jpeg(), encode_png([row.tobytes() for row in NOISE])]
    assert to_pictures(pa.array(pictures)).to_pylist() == pictures
