"""Files of records: TensorFlow reads them, they stay within their bounds, and a kill or a full disk cuts none."""

import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest
import tensorflow as tf

from configs.errors import MillraceError
from pipelines.serving import record_files
from pipelines.serving.record_files import RecordFiles, may_hold, read_records
from tests.fakes.small_disk import mounted

MOST = 8_000_000


def names(folder, pattern="*"):
    return sorted(path.name for path in folder.glob(pattern))


def read(folder):
    return [record for path in sorted(folder.iterdir()) for record in read_records(path)]


def test_tensorflow_reads_what_is_written(tmp_path):
    records = [b"", b"one", os.urandom(100_000)]
    files = RecordFiles(tmp_path / "requests", MOST)
    for record in records:
        files.append(record)
    files.close()
    [path] = (tmp_path / "requests").iterdir()
    assert path.suffix == ".tfrecord"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [record.numpy() for record in tf.data.TFRecordDataset([str(path)])] == records
    assert list(read_records(path)) == records


def test_the_oldest_files_make_room(tmp_path):
    files = RecordFiles(tmp_path, MOST)
    for number in range(60):
        files.append(bytes([number]) * 400_000)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= MOST
    files.close()
    numbers = [record[0] for record in read(tmp_path)]
    assert numbers == list(range(numbers[0], 60)) and 12 <= len(numbers) <= 20
    with pytest.raises(ValueError, match="a record of 1,000,016 bytes is longer than a file may be"):
        files.append(bytes(1_000_000))


def test_an_old_file_is_closed(tmp_path, monkeypatch):
    files, closed = RecordFiles(tmp_path, MOST, lambda path: closed.append(path.name)), []
    files.append(b"one")
    files.close_old()
    assert (names(tmp_path, "*.part"), closed) == (names(tmp_path), [])
    monkeypatch.setattr(record_files, "OLDEST", -1.0)
    files.close_old()
    assert closed == names(tmp_path, "*.tfrecord")
    files.append(b"two")
    files.close()
    assert read(tmp_path) == [b"one", b"two"]


def test_a_file_that_could_not_be_handed_on_is_handed_on_later(tmp_path):
    taken, troubles = [], [MillraceError("the store does not answer")]

    def hand_on(path):
        if troubles:
            raise troubles.pop()
        taken.append(path.read_bytes()[12:-4])
        path.unlink()

    files = RecordFiles(tmp_path, MOST, hand_on)
    files.append(b"one")
    with pytest.raises(MillraceError, match="does not answer"):
        files.close()
    files.append(b"two")
    assert taken == [b"one"]
    files.close()
    assert (taken, names(tmp_path)) == ([b"one", b"two"], [])


KILLED = """
import os, signal, sys
from pathlib import Path
from pipelines.serving.record_files import RecordFiles
files = RecordFiles(Path(sys.argv[1]), 8_000_000)
files.append(b"whole")
os.write(files.file.fileno(), b"torn")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_server_left_is_closed_and_what_a_living_one_writes_is_not(tmp_path):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert read(tmp_path) == [b"whole"]
    first = RecordFiles(tmp_path, MOST)
    assert len(names(tmp_path, "*.tfrecord")) == 1
    first.append(b"mine")
    RecordFiles(tmp_path, MOST).append(b"another's")
    assert len(names(tmp_path, "*.part")) == 2
    first.append(b"still mine")
    first.close()
    assert set(read(tmp_path)) == {b"whole", b"mine", b"another's", b"still mine"}


def test_others_that_write_leave_no_room_and_nothing_goes_beyond_it(tmp_path):
    files = [RecordFiles(tmp_path, MOST) for _ in range(9)]
    for each in files[:8]:
        each.append(bytes(900_000))
    with pytest.raises(OSError, match="other servers write all 8,000,000 bytes"):
        files[8].append(b"one more")


def test_a_full_disk_cuts_no_record(tmp_path):
    with mounted(tmp_path / "disk", "1M") as disk:
        files = RecordFiles(disk / "requests", 80_000_000)
        files.append(b"small")
        with pytest.raises(OSError, match="No space left"):
            for _ in range(20):
                files.append(bytes(100_000))
        assert [len(record) for record in read(disk / "requests")][:3] == [5, 100_000, 100_000]
        for path in (disk / "requests").iterdir():
            path.unlink()
        files.append(b"again")
        files.close()
        assert read(disk / "requests") == [b"again"]


def test_a_damaged_record_is_named_and_those_before_it_are_read(tmp_path):
    files = RecordFiles(tmp_path, MOST)
    for record in (b"one", b"two"):
        files.append(record)
    files.close()
    [path] = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    records = read_records(path)
    assert next(records) == b"one"
    with pytest.raises(MillraceError, match="a record is damaged, 19 bytes from the beginning") as caught:
        next(records)
    assert caught.value.where == str(path)


def test_a_link_is_not_followed(tmp_path):
    folder, target = tmp_path / "requests", tmp_path / "target"
    folder.mkdir()
    target.write_bytes(b"dear")
    (folder / "old.tfrecord.part").symlink_to(target)
    files = RecordFiles(folder, MOST)
    files.append(b"one")
    files.close()
    assert target.read_bytes() == b"dear"


def test_a_file_may_hold_what_was_written_within_an_hour_of_its_beginning():
    name = "20260602T103000.000000-host-0a1b2c3d.tfrecord"
    moment = datetime(2026, 6, 2, 11, 29, tzinfo=timezone.utc)
    assert may_hold(name, moment)
    assert not may_hold(name, moment + timedelta(minutes=2))
