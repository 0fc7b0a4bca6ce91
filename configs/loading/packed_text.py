"""Text that has to pass through others' templates as it is: packed, as base64 of gzip."""

import base64
import gzip
import re
import zlib

from configs.errors import ConfigError

MARK = "H4sI"  # what gzip begins with, in base64; no YAML of a config, and no KEY=VALUE, begins so
LARGEST = 1 << 24  # bytes of a text
# Kubernetes puts something in place of $(NAME) and $$, Kubeflow of [[Macro]] and {{placeholder}}; and a text of several
# lines is a config, which takes less room so.
REPLACED = re.compile(r"\$|\[\[|\{\{|\n")


def pack(text: str) -> str:
    """Returns a text packed; the same text gives the same."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def protect(text: str) -> str:
    """Returns a text packed where something else would arrive in its place, or where it is long; else as it is."""
    return pack(text) if REPLACED.search(text) or text.startswith(MARK) else text


def unpack(text: str, where: str) -> str:
    """Returns the text that was packed, and one that was not as it is; raises ConfigError for what is damaged."""
    if not text.startswith(MARK):
        return text
    try:
        reader = zlib.decompressobj(wbits=31)  # gzip's header and trailer
        unpacked = reader.decompress(base64.b64decode(text, validate=True), LARGEST)
        if reader.eof and not reader.unused_data:
            return unpacked.decode()
    except (ValueError, zlib.error):
        pass
    what = "begins like a packed text, and is none, or not all of it"
    raise ConfigError(what, where, "Hand it on as `millrace compile` wrote it, or write the YAML itself.")
