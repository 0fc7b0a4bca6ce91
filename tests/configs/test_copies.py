"""Where copies of what lies in stores are, and what they are called."""

from pathlib import Path

import pytest

from configs import copies
from configs.errors import DataRejected


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(copies.COPIES, str(tmp_path))


def test_a_url_has_its_copy_in_a_folder_and_the_copy_its_url() -> None:
    place = copies.locate_data("s3://trips/2026/a.csv")
    assert place == str(copies.copied_data() / "s3" / "trips" / "2026" / "a.csv")
    assert copies.name_copied(place) == "s3://trips/2026/a.csv"
    assert copies.locate_data("sqlite:////data/../shop.db") == str(copies.copied_data() / "sqlite" / "data" / "shop.db")
    assert copies.locate_data("data/a.csv") == "data/a.csv"
    assert copies.name_copied("data/a.csv") is None


def test_an_error_names_the_url_of_what_is_wrong() -> None:
    place = copies.locate_data("gs://trips/a.csv")
    error = DataRejected(f"The columns are not those of {place}.", f"{place}:3:fare", "Correct it.")
    assert (error.where, error.what) == ("gs://trips/a.csv:3:fare", "The columns are not those of gs://trips/a.csv.")
