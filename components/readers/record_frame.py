"""A record as it stands in a TFRecord file, or in a log of TensorBoard's.

It is its length, a check of that, itself, and a check of itself: tensorflow/core/lib/io/record_writer.h.
"""

import struct

from google_crc32c import value as crc32c

HEAD, CHECK = struct.Struct("<QI"), struct.Struct("<I")


def frame(record: bytes) -> bytes:
    """Returns the bytes that stand for a record in a file."""
    length = struct.pack("<Q", len(record))
    return length + CHECK.pack(mask(length)) + record + CHECK.pack(mask(record))


def mask(content: bytes) -> int:
    """Returns the check of bytes: their CRC-32C, masked as it is in a file."""
    check = crc32c(content)
    return ((check >> 15 | check << 17) + 0xA282EAD8) & 0xFFFFFFFF
