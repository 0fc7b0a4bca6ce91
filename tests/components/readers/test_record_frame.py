"""Records are framed as TensorFlow frames them."""

import tensorflow as tf

from components.readers.record_frame import CHECK, HEAD, frame, mask

RECORDS = [b"", b"a record", bytes(range(256)) * 40]


def test_tensorflow_reads_what_is_framed(tmp_path):
    file = tmp_path / "records"
    file.write_bytes(b"".join(map(frame, RECORDS)))
    assert [record.numpy() for record in tf.data.TFRecordDataset(str(file))] == RECORDS


def test_a_frame_is_the_length_and_both_checks():
    framed = frame(b"abc")
    assert HEAD.unpack(framed[:12]) == (3, mask(framed[:8]))
    assert (framed[12:15], framed[15:]) == (b"abc", CHECK.pack(mask(b"abc")))
