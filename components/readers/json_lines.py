"""JSON lines: an object a line."""

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from components.readers.content_kind import ARRAY, JSON, recognise_json
from components.readers.data_file import open_content, open_text
from components.readers.file_format import HEAD, Batches, Names, TextFormat
from components.readers.json_object import Doubled, gather
from components.readers.row_batch import Fault, Row, gather_rows, spell_value, take_sound
from components.readers.suffixes import SUFFIXES
from configs.errors import DataRejected

VALUES = json.JSONDecoder(object_pairs_hook=gather)
SPELLED = json.JSONDecoder(
    parse_int=str,
    parse_float=lambda text: repr(float(text)) if "e" in text.lower() else text,
    parse_constant=str,
    object_pairs_hook=gather,
)  # 1e3 as scoring spells it, since a category is told by its text


class JsonLines(TextFormat):
    """Objects whose keys are the columns; what one lacks is null. For training, a number stays as it is spelled."""

    title = "JSON lines"
    suffixes = scored = SUFFIXES["jsonl"]
    is_uniform = False

    def require_content(self, path: str) -> None:
        super().require_content(path)
        with open_content(path, self.dialect) as file:
            if recognise_json(file.read(HEAD)) == ARRAY:
                raise DataRejected(f"This is {ARRAY}, not JSON lines.", path, JSON[ARRAY])

    def iterate_records(self, path: str, decoder: json.JSONDecoder) -> Iterator[Row | Fault]:
        """Yield every object, or what is wrong with it."""
        with open_text(path, self.dialect) as file:
            yield from parse_json(path, file, decoder)

    def name_columns(self, path: str) -> list[str]:
        return list(next(gather_rows(path, take_sound(self.parse_rows(path)))).names)

    def parse_rows(self, path: str) -> Iterator[Row | Fault]:
        yield from self.iterate_records(path, VALUES)

    def iterate_batches(self, path: str, columns: Names, lists: Collection[str]) -> Batches:
        rows = (_flatten(path, row, columns, lists) for row in self.iterate_records(path, SPELLED))
        for batch in gather_rows(path, take_sound(rows), columns or ()):
            yield batch.table


def parse_json(path: str, lines: Iterable[str], decoder: json.JSONDecoder = VALUES) -> Iterator[Row | Fault]:
    """Yield the object, or the fault, of every line that is not blank."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield judge(path, number, decoder.decode(line), line)
        except (ValueError, RecursionError) as error:
            remedy = "Correct the row, or data.format." if number == 1 else "Correct the row."
            yield Fault(path, number, "", f"The row is no JSON: {error}.", line.strip(), remedy)


def judge(path: str, number: int, record: Any, text: str) -> Row | Fault:
    """Return what a text of JSON holds as a row, or what is wrong with it; raise ValueError where it is no text."""
    if "\\u" in text:
        json.dumps(record, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    if isinstance(record, Doubled):
        what = f"The key `{record.key}` stands twice in the row."
        return Fault(path, number, record.key, what, text.strip(), "Leave one of the two.")
    if isinstance(record, dict):
        return number, record, len(text)
    return Fault(path, number, "", "The row is no JSON object.", record, 'Write one like {"fare": 3.5} for each.')


def _flatten(path: str, row: Row | Fault, columns: Names, lists: Collection[str]) -> Row | Fault:
    """Return the row with a text for each cell of the columns; that of a list is its JSON, where one may stand."""
    if isinstance(row, Fault):
        return row
    number, record, size = row
    if columns:
        record = {name: record[name] for name in columns if name in record}
    others = {name: value for name, value in record.items() if value is not None and type(value) is not str}
    for name, value in others.items():
        if not isinstance(value, bool) and not (isinstance(value, list | dict) and name in lists):
            kind = "a list" if isinstance(value, list) else "an object"
            what = f"The value is {kind}; a cell is one text, number, true, false or null."
            return Fault(path, number, name, what, record, "Flatten it.")
        others[name] = spell_value(value)
    return (number, {**record, **others}, size) if others else row
