"""JSON: an array of objects, as pandas writes its records; or an object a line under the same name."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, TextIO

from components.readers.data_file import BLOCK, open_text
from components.readers.file_format import HEAD, Batches, FileFormat, TextFormat
from components.readers.json_lines import VALUES, JsonLines, judge
from components.readers.row_batch import Fault, Row
from components.readers.suffixes import SUFFIXES
from configs.errors import DataRejected

LARGEST = 1 << 26  # characters of an object
BLANKS = re.compile(r"\s*")
RECORDS = "Write an array of objects, as pandas does by to_json(orient='records')."


class Json(JsonLines):
    """Objects whose keys are the columns, counted from 1 in an array, else by their lines."""

    title = "JSON"
    suffixes = scored = SUFFIXES["json"]

    def require_content(self, path: str) -> None:
        TextFormat.require_content(self, path)
        if self.is_array(path):
            return
        with open_text(path, self.dialect) as file:
            head = file.read(BLOCK).lstrip()
        if is_table(head):
            raise DataRejected("This is one JSON object, and no array of them.", path, RECORDS)

    def is_array(self, path: str) -> bool:
        """Whether a file begins as an array does."""
        with open_text(path, self.dialect) as file:
            return file.read(HEAD).lstrip().startswith("[")

    def iterate_records(self, path: str, decoder: json.JSONDecoder) -> Iterator[Row | Fault]:
        if not self.is_array(path):
            yield from super().iterate_records(path, decoder)
            return
        with open_text(path, self.dialect) as file:
            yield from parse_array(path, file, decoder)

    def sample_batches(self, path: str, share: float, lists: Collection[str] = ()) -> Batches:
        yield from FileFormat.sample_batches(self, path, share, lists)  # since a line may be all of an array


def is_table(head: str) -> bool:
    """Whether a text begins with an object over several lines, or is one that holds a whole table."""
    first, _, rest = head.partition("\n")
    if rest.strip():
        return first.strip() == "{"
    try:
        record = json.loads(first)
    except ValueError:  # cut off, as no row is so long
        return True
    values = list(record.values()) if isinstance(record, dict) else []
    rows = any(isinstance(value, list) and any(isinstance(item, dict) for item in value) for value in values)
    return rows or (bool(values) and all(isinstance(value, dict) for value in values))


class Stream:
    """The text of a file, held from where it is being read."""

    def __init__(self, file: TextIO) -> None:
        self.file, self.text, self.at = file, "", 0

    def read_on(self) -> bool:
        """Hold more of the file, and say whether there was more."""
        block = self.file.read(BLOCK)
        self.text, self.at = self.text[self.at :] + block, 0
        return bool(block)

    def find_sign(self) -> str:
        """Go to what is no blank and return it; nothing at the end."""
        while True:
            self.at = BLANKS.match(self.text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.read_on():
                return ""

    def take_sign(self) -> str:
        """Return what is no blank, and go behind it; nothing at the end."""
        sign = self.find_sign()
        self.at += len(sign)
        return sign

    def decode(self, decoder: json.JSONDecoder) -> tuple[Any, str]:
        """Return a value and its text, and go behind it; raise JSONDecodeError or RecursionError."""
        self.find_sign()
        while True:
            try:
                value, end = decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError:  # or the rest of it is not held yet
                if len(self.text) - self.at > LARGEST or not self.read_on():
                    raise
            else:
                start, self.at = self.at, end
                return value, self.text[start:end]


def parse_array(path: str, file: TextIO, decoder: json.JSONDecoder = VALUES) -> Iterator[Row | Fault]:
    """Yield the objects of an array, or what is wrong with one, as they are read; raise DataRejected where it breaks.

    What follows a break cannot be told from what is broken.
    """
    stream, number = Stream(file), 0
    sign = stream.take_sign() and ","
    if stream.find_sign() == "]":
        return
    while sign == ",":
        number += 1
        try:
            value, text = stream.decode(decoder)
            yield judge(path, number, value, text)
        except (json.JSONDecodeError, RecursionError) as error:
            what = f"The array breaks here: {error.msg if isinstance(error, json.JSONDecodeError) else error}."
            raise DataRejected(what, f"{path}:{number}", "Correct the file.") from None
        except ValueError as error:
            yield Fault(path, number, "", f"The row is no JSON: {error}.", text)
        sign = stream.take_sign()
    if sign != "]" or stream.find_sign():
        what = "The array ends amid the file." if sign == "]" else "Neither `,` nor `]` follows the object."
        raise DataRejected(what, f"{path}:{number}", "Correct the file.")
