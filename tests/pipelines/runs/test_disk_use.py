"""What folders take on a disk, links not followed."""

from pathlib import Path

from pipelines.runs.disk_use import measure_folder


def test_what_a_disk_has_given_to_a_folder_is_counted(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b"
    place.mkdir(parents=True)
    (place / "rows").write_bytes(b"1" * 10_000)
    (tmp_path / "sparse").touch()
    (tmp_path / "link").symlink_to("a/b/rows")
    assert measure_folder(tmp_path) == (place / "rows").stat().st_blocks * 512 >= 10_000
    assert measure_folder(tmp_path / "absent") == 0
