"""How files are written: what parts, quotes and names their cells, in which encoding, compression and sheet."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """The keys of `data` that say so, as the readers take them; `header` names the columns of files that do not."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: tuple[str, ...] = ()
    comment: str = ""
    compression: str = ""
    sheet: str = ""


PLAIN = Dialect()
