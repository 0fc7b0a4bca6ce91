import base64

import pytest

from configs.errors import ConfigError, DataRejected
from pipelines.monitoring.labelled_rows import choose_roles, find_source, read_rows

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_rows_are_named_or_the_newest_span_is_taken(config, write, tmp_path):
    paths = [write(f"{number}.csv") for number in (8, 9)]
    assert [path for path, _ in find_source(config, str(tmp_path / "*.csv"), None).files] == paths
    newest = find_source(config, None, None)
    assert (newest.name, [path for path, _ in newest.files]) == ("span 9", paths[1:])
    config = config.model_copy(update={"data": config.data.model_copy(update={"path": paths[0]})})
    with pytest.raises(ConfigError, match="data.path has no spans.* Name rows by --input FILES"):
        find_source(config, None, None)


def test_files_of_other_formats_are_read_as_their_names_say(config, tmp_path):
    (tmp_path / "new.jsonl").write_text('{"fare": 0.5, "place": "port", "note": null, "tipped": 1}\n')
    [batch] = read_rows(find_source(config, str(tmp_path / "new.jsonl"), None), config)
    assert batch.to_pylist() == [{"fare": 0.5, "place": "port", "note": None, "tipped": 1}]


def test_images_are_of_the_class_that_their_folder_names(config, tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "new" / name).mkdir(parents=True)
        (tmp_path / "new" / name / "1.png").write_bytes(PNG)
    config = config.model_validate(
        config.model_dump()
        | {
            "data": {"format": "images", "path": "old"},
            "label": {"name": "label", "kind": "multiclass", "classes": ["cat", "dog", "owl"]},
            "features": {"image": {"kind": "image", "height": 8, "width": 8, "channels": 1}},
            "evaluation": {"thresholds": {"accuracy": {"min": 0.5}}},
            "model": {"family": "dnn", "hidden_units": [8]},
        }
    )
    batches = list(read_rows(find_source(config, str(tmp_path / "new"), None), config))
    assert [cell for batch in batches for cell in batch.column(1).to_pylist()] == [0, 1]


def test_without_a_label_the_features_are_enough(config):
    assert list(choose_roles(config, ["fare", "place", "note"], rolled=False)) == ["fare", "place", "note"]
    assert list(choose_roles(config, ["tipped"], rolled=False)) == ["fare", "place", "note", "tipped"]


def test_a_column_that_is_absent_is_named(config, tmp_path):
    (tmp_path / "new.csv").write_text("fare,note,tipped\n1,a,1\n")
    with pytest.raises(DataRejected, match="new.csv: The column `place` is absent"):
        list(read_rows(find_source(config, str(tmp_path / "new.csv"), None), config))
