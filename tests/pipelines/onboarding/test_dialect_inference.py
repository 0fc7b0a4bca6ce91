import json
import random
import re

import pytest

from components.validation.validate import check_small
from configs.errors import ConfigError, DataRejected
from configs.loading.loader import load
from configs.schema.dialect import Dialect
from pipelines.onboarding.config_draft import draft
from pipelines.onboarding.dialect_inference import as_keys, has_header, read_dialect
from tests.components.readers.rows import write_table
from tests.components.readers.workbooks import write_workbook

NAMES = ["größe", "preis", "stadt", "gekauft"]


def make_rows(chance: random.Random, decimal: str = ".") -> list[list[str]]:
    """A table of 60 rows, with what is apt to mislead in its texts."""
    towns = ["Köln, am Rhein", "München; Süd", 'Wien "Mitte"', "Zürich|West", "O'Hare", "Münster\tNord"]
    numbers = (f"{chance.gauss(50, 20):.2f}".replace(".", decimal) for _ in range(120))
    return [
        NAMES,
        *([next(numbers), next(numbers), chance.choice(towns), chance.choice(["ja", "nein"])] for _ in range(60)),
    ]


def write_yaml(folder, text):
    (folder / "it.yaml").write_text(text)
    return folder / "it.yaml"


@pytest.mark.parametrize("seed", range(24))
def test_a_draft_says_how_a_file_is_written_and_a_run_reads_it_so(tmp_path, seed):
    chance = random.Random(seed)
    delimiter = chance.choice([",", ";", "\t", "|", "^", "~"])
    decimal = chance.choice([".", ","])
    encoding = chance.choice(["utf-8", "cp1252", "utf-16"])
    comment = chance.choice(["", "", "#"])
    suffix = chance.choice(["", ".gz", ".bz2", ".zst"])
    dialect = Dialect(delimiter, '"', encoding, comment=comment)
    path = write_table(tmp_path / f"rows.csv{suffix}", dialect, make_rows(chance, decimal))
    drawn = draft(path, "gekauft", tmp_path / "it.yaml")
    config = load(write_yaml(tmp_path, drawn.text))
    assert (config.data.dialect, config.data.decimal) == (dialect, decimal)
    assert {name: feature.kind for name, feature in config.features.items()} == {
        "größe": "numeric",
        "preis": "numeric",
        "stadt": "categorical",
    }
    check_small(config)


@pytest.mark.parametrize("content", [b"%PDF-1.4\n1,2\n3,4\n5,6", b"PK\x03\x04\n1,2\n3,4\n5,6", b""])
def test_what_is_no_table_is_told_before_it_is_parted(tmp_path, content):
    (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(DataRejected, match="This is a|The file is empty"):
        read_dialect(str(tmp_path / "rows.csv"), "csv")


def test_only_what_is_unusual_is_written_down():
    assert as_keys(Dialect()) == {}
    assert as_keys(Dialect(";", "'", comment="#")) == {"delimiter": ";", "quote": "'", "comment": "#"}


@pytest.mark.parametrize(
    ("content", "dialect"),
    [
        (b"a,b\n1,2\n3,4\n", Dialect()),
        (b"a\n1\n2\n3\n", Dialect()),
        (b"sep=;\na;b\n1;2\n3;4\n", Dialect(delimiter=";", comment="sep=")),
        (b"a,b\n'x, y',2\n'z',4\n", Dialect(quote="'")),
        (b"a,b\nit's,2\nO'Hare,4\n", Dialect()),
        (b"'a','b'\n'1','x'\n'3','y'\n", Dialect(quote="'")),
        (b"a,b\n1,2\n# checked, by hand, in May\n3,4\n", Dialect(comment="#")),
        (b"a,b\n1,2\n#7,5\n3,4\n", Dialect()),
        (b"text\nso; and so\nor so, and so\n", Dialect()),
        (b"day;sold\n" + b"01.01.2020;1,5\n" * 300, Dialect(delimiter=";")),
        (b"a;b;c\n" + b"1,5;2,5;3\n" * 300, Dialect(delimiter=";")),
        (b"# made by hand\na;b\n1,5;2\n3,5;4\n", Dialect(delimiter=";", comment="#")),
        ("\ufeffa,b\n1,ü\n2,ö\n".encode(), Dialect()),
    ],
)
def test_signs_are_told_by_what_parts_the_rows_evenly(tmp_path, content, dialect):
    path = tmp_path / "rows.csv"
    path.write_bytes(content)
    assert read_dialect(str(path), "csv") == dialect


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n6.2,2.9,virginica\n", False),
        ("6,148,72\n1,85,66\n8,183,64\n", False),
        ("M,0.455,0.365\nF,0.53,0.42\nI,0.33,0.255\n", False),
        ("39, State-gov, 77516\n50, Self-emp, 83311\n38, Private, 215646\n", False),
        ("a,b,c\n1,2,x\n3,4,y\n", True),
        ("town,2021,2022\nBonn,5,6\nKiel,7,8\nUlm,9,10\n", True),
        ("name,city\nann,bonn\nbob,kiel\n", True),
        (",x,y\n0,1.5,2\n1,2.5,3\n", True),
    ],
)
def test_a_first_row_that_is_like_the_others_is_no_header(rows, answer):
    assert has_header([line.split(",") for line in rows.splitlines()]) == answer


def test_a_file_without_a_header_is_told_and_its_columns_can_be_named(tmp_path):
    chance = random.Random(2)
    path = write_table(tmp_path / "rows.csv", Dialect(header=tuple(NAMES)), make_rows(chance))
    with pytest.raises(DataRejected, match="seems to have no header: its first row is like those below it"):
        draft(path, "gekauft", tmp_path / "it.yaml")
    drawn = draft(path, "gekauft", tmp_path / "it.yaml", columns=NAMES)
    config = load(write_yaml(tmp_path, drawn.text))
    assert config.data.header == tuple(NAMES)
    check_small(config)


def test_lists_of_json_lines_are_left_out(tmp_path):
    chance = random.Random(3)
    rows = [{"x": chance.gauss(0, 1), "tags": ["a"], "who": {"age": 7}, "y": chance.choice("ab")} for _ in range(60)]
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    drawn = draft(str(tmp_path / "rows.jsonl"), "y", tmp_path / "it.yaml")
    assert drawn.left_out.keys() == {"tags", "who"}
    assert drawn.left_out["tags"].reason == "lists or objects, which are no single value"
    check_small(load(write_yaml(tmp_path, drawn.text)))


def test_a_sheet_of_several_is_named(tmp_path):
    rows = [["x", "y"], *([number, "yes" if number % 3 else "no"] for number in range(60))]
    path = write_workbook(tmp_path / "rows.xlsx", Rows=rows, Notes=[["text"], ["by hand"]])
    drawn = draft(path, "y", tmp_path / "it.yaml")
    assert "  format: workbook\n  path: rows.xlsx\n  sheet: Rows\n" in drawn.text
    assert "`Rows` is the sheet taken; there are `Notes`, too: --sheet names another" in drawn.warnings
    with pytest.raises(ConfigError, match="there is no column `y`"):
        draft(path, "y", tmp_path / "it.yaml", sheet="Notes")
    with pytest.raises(ConfigError, match="`Rows` is the sheet taken; there are `Notes`, too: --sheet names another"):
        draft(path, "z", tmp_path / "it.yaml")
    alone = draft(write_workbook(tmp_path / "one.xlsx", Rows=rows), "y", tmp_path / "it.yaml")
    assert "  sheet:" not in alone.text


def test_a_sheet_is_held_to_what_other_tables_are(tmp_path):
    rows = [[number, number * 7 % 11, "yes" if number % 3 else "no"] for number in range(60)]
    names = ["size", "weight", "y"]
    path = str(tmp_path / "rows.xlsx")
    write_workbook(path, Blank=[], Rows=[names, *rows])
    assert draft(path, "y", tmp_path / "it.yaml").text.count("  sheet: Rows\n") == 1
    for cells, said in (
        ([["Sales of 2024"], [], names, *rows], "begins with a title (`Sales of 2024`)"),
        (rows, "seems to have no header"),
        ([names, ["cm", "kg", None], *rows], "it seems to name units or types"),
    ):
        write_workbook(path, Rows=cells)
        with pytest.raises(DataRejected, match=re.escape(said)):
            draft(path, "y", tmp_path / "it.yaml")


@pytest.mark.parametrize(
    "title", ["Sales of 2024\n", "Sales of 2024\n\nin euros\n", "Sales;;\n;;\n", '"Sales; all of them"\n']
)
def test_a_title_above_the_names_is_told(tmp_path, title):
    rows = "".join(f"{number};{number * 7 % 11};{'yes' if number % 3 else 'no'}\n" for number in range(60))
    (tmp_path / "rows.csv").write_text(f"{title}size;weight;sold\n{rows}")
    with pytest.raises(
        DataRejected, match=r"begins with a title \(`Sales.*Take away what stands above `size, weight, sold`"
    ):
        read_dialect(str(tmp_path / "rows.csv"), "csv")


def test_names_of_which_most_are_blank_are_no_title(tmp_path):
    (tmp_path / "rows.csv").write_text("sold,,\n" + "yes,1,2\nno,3,4\n" * 30)
    assert read_dialect(str(tmp_path / "rows.csv"), "csv") == Dialect()


def test_columns_that_blanks_part_are_told(tmp_path):
    rows = "".join(f"{number:>6} {number * 7 % 11:>8}   {'yes' if number % 3 else 'no'}\n" for number in range(60))
    (tmp_path / "rows.txt").write_text(f"  size   weight   sold\n{rows}")
    with pytest.raises(DataRejected, match="Its columns are parted by blanks"):
        read_dialect(str(tmp_path / "rows.txt"), "csv")


def test_texts_of_as_many_words_here_and_there_are_one_column(tmp_path):
    (tmp_path / "rows.csv").write_text("review\n" + "so good\nnot so good\n" * 30)
    assert read_dialect(str(tmp_path / "rows.csv"), "csv") == Dialect()


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_header_that_is_there_twice_is_refused_by_its_row(tmp_path, delimiter):
    rows = [f"{number}{delimiter}{'ab'[number % 2]}" for number in range(40)]
    header = f"x{delimiter}y"
    (tmp_path / "rows.csv").write_text("\n".join([header, *rows[:20], header, *rows[20:], ""]))
    with pytest.raises(DataRejected, match="Of the rows below the header, row 21 repeats it"):
        draft(str(tmp_path / "rows.csv"), "y")


def test_a_cell_may_be_called_as_its_column(tmp_path):
    rows = [f"{number},{'xy'[number % 2]}" for number in range(40)]
    (tmp_path / "rows.csv").write_text("\n".join(["x,y", *rows, ""]))
    assert draft(str(tmp_path / "rows.csv"), "y").as_data()["features"] == {"x": "numeric"}


def test_a_table_of_markdown_is_told(tmp_path):
    (tmp_path / "rows.csv").write_text("| x | y |\n|---|:-:|\n" + "| 1 | a |\n" * 30)
    with pytest.raises(DataRejected, match="as Markdown has it"):
        read_dialect(str(tmp_path / "rows.csv"), "csv")


@pytest.mark.parametrize("row", ["[cm],[kg],", "float,int,str"])
def test_a_row_of_units_or_types_below_the_names_is_told(tmp_path, row):
    rows = [f"{number}.5,{number},{'ab'[number % 2]}" for number in range(40)]
    (tmp_path / "rows.csv").write_text("\n".join(["height,weight,y", row, *rows, ""]))
    with pytest.raises(DataRejected, match="it seems to name units or types"):
        draft(str(tmp_path / "rows.csv"), "y")
    (tmp_path / "rows.csv").write_text("\n".join(["height,weight,y", "?,NA,a", *rows, ""]))
    assert draft(str(tmp_path / "rows.csv"), "y").features["height"].options["missing"] == ["?"]
