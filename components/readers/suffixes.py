"""What the names of data files end with, by the format of `data.format`: known without Arrow."""

IMAGE = (".png", ".jpg", ".jpeg")
SUFFIXES: dict[str, tuple[str, ...]] = {
    "csv": (".csv", ".tsv"),
    "jsonl": (".jsonl", ".ndjson"),
    "json": (".json",),
    "parquet": (".parquet",),
    "sql": (".parquet",),  # of an answer
    "workbook": (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
    "tfrecord": (".tfrecord", ".tfrecord.gz"),
    "images": (".csv",),  # of a table
    "text": (".txt",),
}
ITEMS: dict[str, tuple[str, ...]] = {  # of the files in the folder of a class, each of them a row
    "images": IMAGE,
    "text": (".txt",),
}
NAMED = tuple(  # how a name ends that is a data file's
    f"{end}{packed}"
    for ends in (*SUFFIXES.values(), *ITEMS.values())
    for end in ends
    for packed in ("", ".gz", ".bz2", ".zst")
)
