"""The samples that are written on demand, each a folder, the same bytes each time and on each machine.

Out of scikit-learn (BSD), which ships them from the UCI Machine Learning Repository but for diabetes:
digits, digits_images: 1,797 handwritten digits of 8 x 8 pixels, 0 to 16: as columns pixel_0 to pixel_63, and as grey
PNG files, a folder for each digit; breast_cancer: 569 tumours; wine: 178 wines of three growers; diabetes: 442
patients and how far the disease went within a year (Efron et al., 2004).

Generated:
line: 100 points of y = 2x + 1 and normal noise of 0.1; series: four years of daily sales that never were: a trend, a
week, a year, and an error that is half of the day's before plus normal noise; customers: 2,000 who never were, with
addresses, numbers and notes, of whom the young and those who complain leave; signals: 3,000 rows of a picture of 12 x
12 pixels, a text of 12 words and a number, each of which says yes or no, and what most of the three say.
"""

import base64
import csv
import math
import random
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Maker = Callable[[Path], None]


def make_digits(folder: Path) -> None:
    """Writes digits.csv."""
    header = [*(f"pixel_{place}" for place in range(64)), "digit"]
    write_rows(folder / "digits.csv", header, ([*map(int, pixels), digit] for pixels, digit in _load_bundled("digits")))


def make_digit_images(folder: Path) -> None:
    """Writes a folder for each digit, with a PNG file for each image; 16 becomes 255."""
    for number, (pixels, digit) in enumerate(_load_bundled("digits")):
        path = folder / str(digit) / f"{number:04d}.png"
        path.parent.mkdir(exist_ok=True)
        grey = bytes(round(pixel * 255 / 16) for pixel in pixels)
        path.write_bytes(encode_png([grey[start : start + 8] for start in range(0, 64, 8)]))


def make_table(name: str, target: str) -> Maker:
    """Returns what writes a table of scikit-learn's with its own names; a class by its name."""

    def write(folder: Path) -> None:
        from sklearn import datasets

        options = {"scaled": False} if name == "diabetes" else {}
        data = getattr(datasets, f"load_{name}")(**options)
        names = [str(column).replace(" ", "_").replace("/", "_") for column in data.feature_names]
        labels = [data.target_names[label] for label in data.target] if "target_names" in data else data.target
        rows = ([*map(float, row), label] for row, label in zip(data.data, labels, strict=True))
        write_rows(folder / f"{name}.csv", [*names, target], rows)

    return write


def make_line(folder: Path) -> None:
    """Writes line.csv."""
    chance = random.Random(0)
    points = [(round(chance.uniform(-1, 1), 4), chance.gauss(0, 0.1)) for _ in range(100)]
    write_rows(folder / "line.csv", ["x", "y"], ((x, round(2 * x + 1 + noise, 4)) for x, noise in points))


def make_series(folder: Path) -> None:
    """Writes series.csv."""
    chance, error, rows = random.Random(0), 0.0, []
    for day in range(4 * 365):
        today = date(2020, 1, 1) + timedelta(day)
        week = (0, 2, 4, 3, 8, 15, 10)[today.weekday()]
        year = 12 * math.sin(2 * math.pi * day / 365.25)
        error = 0.5 * error + chance.gauss(0, 2)
        rows.append((today.isoformat(), round(100 + 0.01 * day + week + year + error, 2)))
    write_rows(folder / "series.csv", ["day", "sales"], rows)


def make_customers(folder: Path) -> None:
    """Writes customers.csv; whether one leaves hangs on the age, the plan and the note."""
    chance, rows = random.Random(0), []
    complaints, praise = ("too dear", "always late", "does not work"), ("works well", "fair price", "friendly")
    for number in range(2000):
        age, plan, sad = chance.randint(18, 80), chance.choice(["basic", "family", "pro"]), chance.random() < 0.4
        email = f"{chance.choice(['ada', 'bob', 'eve', 'kim'])}.{number}@example.org"
        note = f"{chance.choice(complaints if sad else praise)}, write to {email}" if chance.random() < 0.8 else ""
        pull = 3 * (bool(note) and sad) - 1.5 + (age < 30) + (plan == "basic")
        phone = f"+49 30 {chance.randint(100000, 999999)}"
        rows.append((email, phone, age, plan, note, int(pull + chance.gauss(0, 0.7) > 0)))
    write_rows(folder / "customers.csv", ["email", "phone", "age", "plan", "note", "left"], rows)


def make_signals(folder: Path) -> None:
    """Writes signals.csv: a bar that lies or stands, a word of praise or blame among others, a number near or far."""
    chance, rows = random.Random(0), []
    fillers, words = [f"word{number}" for number in range(30)], (("bad", "poor", "dull"), ("good", "fine", "fresh"))
    for _ in range(3000):
        seen, said, measured = (chance.random() < 0.5 for _ in range(3))
        grey = [[chance.randint(0, 90) for _ in range(12)] for _ in range(12)]
        across, along = chance.randint(0, 11), chance.randint(0, 5)
        for place in range(along, along + 7):
            row, column = (across, place) if seen else (place, across)
            grey[row][column] = chance.randint(150, 255)
        text = chance.choices(fillers, k=12)
        text[chance.randint(0, 11)] = chance.choice(words[said])
        size = chance.uniform(1.2, 2.2) if measured else chance.uniform(0, 0.8)
        photo = base64.b64encode(encode_png([bytes(row) for row in grey])).decode()
        number = round(size * chance.choice((-1, 1)), 3)
        rows.append((photo, " ".join(text), number, int(seen + said + measured > 1)))
    write_rows(folder / "signals.csv", ["photo", "review", "reading", "most"], rows)


def encode_png(rows: Sequence[bytes]) -> bytes:
    """Returns the PNG file (ISO/IEC 15948) of grey pixels, a row of bytes each."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    size = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 0)  # other levels depend on zlib's version
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _load_bundled(name: str) -> Iterable[tuple[Any, Any]]:
    from sklearn import datasets

    return zip(*getattr(datasets, f"load_{name}")(return_X_y=True), strict=True)


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Writes a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


MAKERS: dict[str, Maker] = {
    "digits": make_digits,
    "digits_images": make_digit_images,
    "breast_cancer": make_table("breast_cancer", "diagnosis"),
    "wine": make_table("wine", "grower"),
    "diabetes": make_table("diabetes", "progression"),
    "line": make_line,
    "series": make_series,
    "customers": make_customers,
    "signals": make_signals,
}
