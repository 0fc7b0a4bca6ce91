"""Cells of image features: the bytes of PNG and JPEG files, as they are, in base64, or in a file that a cell names."""

import base64
import binascii
import io
import os

import pyarrow as pa
from PIL import Image, ImageOps

from components.readers.suffixes import IMAGE

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
ORIENTATION, UPRIGHT = 0x0112, 1  # of EXIF, which TensorFlow does not read
IN_BASE64 = ("iVBORw0KGgo", "/9j/")  # how PNG and JPEG begin there


def to_pictures(array: pa.Array, folder: str | None = None) -> pa.Array:
    """Return the files' bytes; their names are relative to `folder`, and refused without. What is blank is null.

    One that TensorFlow would see otherwise than a viewer is written anew. Raises pa.ArrowInvalid where one is no PNG or
    JPEG file, or cannot be decoded.
    """
    cells = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    return pa.array(
        [_check_picture(_read_picture(cell, folder)) if cell else None for cell in cells.to_pylist()], pa.binary()
    )


def _read_picture(cell: object, folder: str | None) -> bytes:
    if isinstance(cell, bytes):
        return cell
    if not isinstance(cell, str):
        raise pa.ArrowInvalid("is no image: it is neither bytes nor text")
    if cell.startswith(IN_BASE64):
        try:
            return base64.b64decode(cell, validate=True)
        except binascii.Error:
            raise pa.ArrowInvalid("is an image in base64 that cannot be decoded") from None
    if folder is None:
        raise pa.ArrowInvalid("is no image in base64; data.format: images takes the names of files")
    if not cell.lower().endswith(IMAGE):  # whose contents are known to what looks for changes
        raise pa.ArrowInvalid(f"names no {' or '.join(IMAGE)} file")
    try:
        with open(os.path.join(folder, cell), "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise pa.ArrowInvalid(f"names an image that cannot be read ({reason})") from None


def _check_picture(picture: bytes) -> bytes:
    """Return the picture as TensorFlow is to see it."""
    if not picture:
        raise pa.ArrowInvalid("is an image whose file is empty")
    if not picture.startswith((PNG, JPEG)):
        raise pa.ArrowInvalid("is an image that is neither PNG nor JPEG")
    if picture.startswith(PNG) and b"IEND" not in picture or b"\xff\xd9" not in picture and picture[:3] == JPEG:
        raise pa.ArrowInvalid("is an image that is cut off")
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            opened.load()
            turned = opened.getexif().get(ORIENTATION, UPRIGHT) != UPRIGHT
            return _write_picture(opened) if turned or opened.mode == "CMYK" else picture
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise pa.ArrowInvalid("is an image that is damaged: it cannot be decoded") from None


def _write_picture(opened: Image.Image) -> bytes:
    """Return a PNG file of what a viewer shows: turned as its EXIF says, in grey or in red, green and blue."""
    shown, file = ImageOps.exif_transpose(opened), io.BytesIO()
    shown.convert("L" if shown.mode in ("1", "L") else "RGB").save(file, "png")
    return file.getvalue()
