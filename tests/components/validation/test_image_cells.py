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


def saved(picture: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def seen(picture: bytes, channels: int) -> np.ndarray:
    """What TensorFlow makes of a picture."""
    import tensorflow as tf

    return tf.io.decode_image(picture, channels=channels).numpy()


def test_an_empty_file_is_named(tmp_path):
    (tmp_path / "a.png").touch()
    with pytest.raises(pa.ArrowInvalid, match="is an image whose file is empty"):
        to_pictures(pa.array(["a.png"]), str(tmp_path))


@pytest.mark.slow
def test_bytes_after_the_end_of_a_png_do_no_harm():
    [picture] = to_pictures(pa.array([PIXEL + bytes(200)])).to_pylist()
    assert seen(picture, 1).tolist() == [[[0x80]]]


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
def test_a_jpeg_of_printers_colours_is_seen_as_a_viewer_shows_it(channels):
    red = Image.new("RGB", (8, 8), (200, 20, 20)).convert("CMYK")
    [picture] = to_pictures(pa.array([saved(red, "jpeg")])).to_pylist()
    shown = seen(picture, channels)[4, 4].tolist()
    assert shown == pytest.approx([74] if channels == 1 else [200, 20, 20], abs=3)


@pytest.mark.slow
@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (7, 7)), (6, (0, 7)), (8, (7, 0)), (2, (0, 7))])
def test_a_picture_is_turned_as_its_exif_says(orientation, corner):
    image = Image.new("L", (8, 8))
    image.paste(255, (0, 0, 4, 4))  # bright above on the left
    exif = Image.Exif()
    exif[0x0112] = orientation
    [picture] = to_pictures(pa.array([saved(image, "jpeg", exif=exif, quality=95)])).to_pylist()
    shown = seen(picture, 1)[..., 0]
    bright = {place for place in ((0, 0), (0, 7), (7, 0), (7, 7)) if shown[place] > 128}
    assert bright == {corner}


def test_what_is_whole_is_handed_on_as_it_is():
    pictures = [as_jpeg(), encode_png([row.tobytes() for row in NOISE])]
    assert to_pictures(pa.array(pictures)).to_pylist() == pictures
