"""What a file is that is no data of ours, by its first bytes: so a saved web page is called one."""

import re

COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
WORKBOOK = "Let its name end with .xlsx (.xls, .ods) if it is one, or write data.format: workbook."
KINDS = (
    (b"%PDF-", "a PDF document", "Bring the table in it as CSV."),
    (b"\xd0\xcf\x11\xe0", "a workbook or document of an old Microsoft Office", WORKBOOK),
    (b"PAR1", "Parquet", "Let its name end with .parquet, or write data.format: parquet."),
    (b"SQLite format 3", "a SQLite database", "Export the table as CSV."),
    (b"ARROW1", "an Arrow file", "Write it as Parquet."),
    (b"Obj\x01", "an Avro file", "Write it as Parquet."),
    (b"\x89PNG", "an image (PNG)", "Correct data.path."),
    (b"\xff\xd8\xff", "an image (JPEG)", "Correct data.path."),
    (b"\x89HDF", "an HDF5 file", "Write it as Parquet."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it."),
    (b"Rar!", "a RAR archive", "Unpack it."),
)
TEXTS = (
    (b"<!doctype html", "a saved web page (HTML)", "Download the file that the page shows."),
    (b"<html", "a saved web page (HTML)", "Download the file that the page shows."),
    (b"<table", "a table of a web page (HTML)", "Save it as CSV, from a spreadsheet that opens it."),
    (b"<?xml", "XML", "Write it as CSV or as JSON lines."),
    (b"version https://git-lfs", "a pointer of Git LFS and not the file itself", "Fetch it: git lfs pull."),
)
ELEMENT = re.compile(rb"<([\w:.-]+)[^<>]*>.*?(</|/>)", re.DOTALL)  # one that is closed, or holds one
ARRAY = "a JSON array"
OBJECTS = "JSON"
JSON = {  # by what it is
    ARRAY: "Let its name end with .json, or write data.format: json.",
    OBJECTS: "Let its name end with .jsonl, or write data.format: jsonl.",
}


def recognise(head: bytes) -> tuple[str, str] | None:
    """Return what a file is that begins with `head`, and what to do about it; None where it may be rows of text."""
    for magic, name in COMPRESSED.items():
        if head.startswith(magic):
            suffix = {"gzip": ".gz", "bz2": ".bz2", "zstd": ".zst"}[name]
            return f"compressed by {name}", f"Write data.compression: {name}, or let its name end with {suffix}."
    if head.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in head or b"xl/" in head:
            return "an Excel workbook (.xlsx)", WORKBOOK
        return "a zip archive", "Unpack it."
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if ELEMENT.match(text) and not text.startswith(tuple(magic for magic, _, _ in TEXTS)):
        return "XML", "Write it as CSV or as JSON lines."
    kinds = ((magic, kind, remedy) for magic, kind, remedy in KINDS if head.startswith(magic))
    texts = ((magic, kind, remedy) for magic, kind, remedy in TEXTS if text.startswith(magic))
    return next(((kind, remedy) for _, kind, remedy in (*kinds, *texts)), None)


def recognise_json(head: bytes) -> str | None:
    """Return which kind of JSON the text seems to be: an array, or objects."""
    text = b"".join(head.removeprefix(b"\xef\xbb\xbf").split())
    if text.startswith((b"[{", b"[[")):
        return ARRAY
    return OBJECTS if text.startswith((b'{"', b"{}")) else None
