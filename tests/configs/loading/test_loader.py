import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loading.loader import load, read_document, validate
from configs.repository import ROOT
from configs.schema.config import Config
from configs.schema.models import Linear
from configs.schema.training import EarlyStopping
from tests.configs.conftest import MINIMAL
from tests.configs.loading.fuzz import mangle

SHIPPED = sorted((ROOT / "configs").rglob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_yaml_loads(path: Path) -> None:
    config = load(path)
    assert config.name == path.stem
    assert Config.model_validate_json(config.model_dump_json()) == config
    assert path.read_text(encoding="utf-8").startswith(f"# millrace run {path.relative_to(ROOT)}\n")


def test_a_text_stands_for_a_file_that_need_not_be_there(tmp_path: Path) -> None:
    text = (ROOT / "configs/diabetes_linear.yaml").read_text().replace("sample://diabetes", "rows.csv")
    config = load(tmp_path / "gone.yaml", ["training.epochs=7"], text)
    assert (config.data.path, config.training.epochs) == (str(tmp_path / "rows.csv"), 7)
    with pytest.raises(ConfigError, match=r"gone\.yaml:1:8"):
        load(tmp_path / "gone.yaml", [], "name: [")


def test_the_taxi_sample_never_sees_the_tips() -> None:
    config = load(ROOT / "configs/taxi.yaml")
    assert config.data.path == "sample://taxi"
    assert config.training.optimizer.learning_rate == 0.001
    assert "tips" not in config.columns


def test_a_value_from_the_environment(write: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLRACE_EPOCHS", "7")
    assert load(write("epochs: 3", "epochs: ${MILLRACE_EPOCHS}")).training.epochs == 7


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("training.epochs=9", lambda config: config.training.epochs == 9),
        ("training.optimizer.learning_rate=1e-4", lambda config: config.training.optimizer.learning_rate == 0.0001),
        (
            "training.early_stopping.patience=2",
            lambda config: config.training.early_stopping == EarlyStopping(patience=2),
        ),
        ("training.early_stopping=", lambda config: config.training.early_stopping is None),
        ("features.fare.kind=numeric", lambda config: list(config.features) == ["miles", "company", "fare"]),
        ("model={family: linear}", lambda config: config.model == Linear(family="linear")),
        ("evaluation.slices=[[hour]]", lambda config: config.evaluation.slices == (("hour",),)),
        ("schedule.cron=0 3 * * 1", lambda config: config.schedule.cron == "0 3 * * 1"),
    ],
)
def test_an_override_sets_any_value(write: Callable[..., str], override: str, value: Callable[[Config], bool]) -> None:
    assert value(load(write(), [override]))


def test_the_last_override_wins(write: Callable[..., str]) -> None:
    assert load(write(), ["training.epochs=x", "training={}", "training.epochs=4"]).training.epochs == 4


@pytest.mark.parametrize(
    ("override", "where", "what", "remedy"),
    [
        ("training.epochs", "", "sets nothing", "Write KEY=VALUE, like training.epochs=3."),
        ("=3", "", "sets nothing", "Write KEY=VALUE, like training.epochs=3."),
        ("training.epoch=3", "", "unknown key 'epoch'", "Did you mean 'epochs'?"),
        ("trainig.epochs=3", "", "unknown key 'trainig'", "Did you mean 'training'?"),
        ("training.epochs=x", "", "should be a whole number, not 'x'", ""),
        ("name.first=x", "", "'name' has no keys of its own", "Set it as a whole."),
        ("training.epochs=[", "", "not valid YAML", ""),
        ("model={family: dnn}", "", "needs hidden_units, or depth and width", ""),
    ],
)
def test_an_override_is_told_as_written(
    write: Callable[..., str], override: str, where: str, what: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as told:
        load(write(), [override])
    assert told.value.where == f"--set {override}{where}"
    assert told.value.what.startswith(what)
    assert told.value.remedy == remedy


def test_paths_of_the_yaml_start_from_its_folder(write: Callable[..., str], tmp_path: Path) -> None:
    write("path: rows.csv", "path: '../data/*.csv', schema_file: schema.pbtxt")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    Path("file.yaml").rename(folder / "file.yaml")
    config = load("elsewhere/file.yaml")
    assert config.data.path == str(tmp_path / "data/*.csv")
    assert config.data.schema_file == str(folder / "schema.pbtxt")
    assert config.storage.root == str(folder / "workspace")
    config = load("elsewhere/file.yaml", ["data.path=rows.csv", "storage.root=kept"])
    assert config.data.path == str(tmp_path / "rows.csv")
    assert config.data.schema_file == str(folder / "schema.pbtxt")
    assert config.storage.root == str(tmp_path / "kept")


def test_paths_of_the_items_of_a_list_start_from_its_folder_too(write: Callable[..., str], tmp_path: Path) -> None:
    mail = "kind: mail, to: [a@b.ch], sender: c@b.ch, host: smtp.b.ch"
    path = Path(write())
    path.write_text(f"{path.read_text()}\nnotify: [{{kind: command, command: [a]}}, {{{mail}, ca_file: ca.pem}}]\n")
    (tmp_path / "elsewhere").mkdir()
    path.rename(tmp_path / "elsewhere" / "file.yaml")
    _, notifier = load("elsewhere/file.yaml").notify
    assert notifier.model_dump()["ca_file"] == str(tmp_path / "elsewhere" / "ca.pem")
    [notifier] = load("elsewhere/file.yaml", [f"notify=[{{{mail}, ca_file: ca.pem}}]"]).notify
    assert notifier.model_dump()["ca_file"] == str(tmp_path / "ca.pem")


def test_a_storage_root_of_the_yaml_starts_from_its_folder(write: Callable[..., str], tmp_path: Path) -> None:
    write("name: trips", "name: trips\nstorage: {root: kept}")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    Path("file.yaml").rename(folder / "file.yaml")
    assert load("elsewhere/file.yaml").storage.root == str(folder / "kept")


def test_without_a_storage_root_the_workspace_is_found_from_any_folder(
    write: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / write()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    path.rename(tmp_path / "deep" / "file.yaml")
    (tmp_path / "workspace" / "trips" / "serving").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "deep" / "er", Path("/")):
        monkeypatch.chdir(folder)
        assert load(tmp_path / "deep" / "file.yaml").home.root == tmp_path / "workspace" / "trips"


@pytest.mark.parametrize("path", ["sample://taxi", "gs://bucket/rows.csv", "/data/rows.csv"])
def test_urls_and_absolute_paths_stay(write: Callable[..., str], path: str) -> None:
    assert load(write("rows.csv", f'"{path}"')).data.path == path


def test_a_path_starts_from_the_home_folder(write: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert load(write("rows.csv", "~/rows.csv")).data.path == "/home/me/rows.csv"


def test_a_missing_file_is_named_with_its_neighbour(write: Callable[..., str]) -> None:
    write()
    with pytest.raises(ConfigError) as told:
        load("fil.yaml")
    assert (told.value.where, told.value.what) == ("fil.yaml", "there is no such file")
    assert told.value.remedy == "Did you mean 'file.yaml'?"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "holds no keys"),
        (b"# nothing\n", "holds no keys"),
        (b"- a\n- b\n", "holds no keys"),
        (b"name: tr\xffips\n", "byte 8 is not UTF-8"),
    ],
)
def test_a_file_without_a_configuration(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as told:
        load(path)
    assert (told.value.where, told.value.what) == (f"{path}:1", what)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path)


def test_a_byte_order_mark_is_accepted(write: Callable[..., str]) -> None:
    path = Path(write())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load(path).name == "trips"


def test_a_text_stands_for_a_file_that_is_not_there(write: Callable[..., str], tmp_path: Path) -> None:
    text = Path(write()).read_text(encoding="utf-8")
    config = load("elsewhere/absent.yaml", ["training.epochs=9"], text)
    assert (config.name, config.training.epochs) == ("trips", 9)
    assert config.data.path == str(tmp_path / "elsewhere/rows.csv")


def test_a_lenient_reader_names_a_variable_that_is_not_set(
    write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILLRACE_EPOCHS", "7")
    path = write("epochs: 3", "epochs: ${MILLRACE_EPOCHS}")
    document = read_document(
        path, ["name=${MILLRACE_ABSENT}", "data.weight=${MILLRACE_ABSENT}", "data.weight=w"], lenient=True
    )
    assert document.data["name"] == "$MILLRACE_ABSENT"
    assert document.data["training"]["epochs"] == 7
    assert document.variables == {("name",): "MILLRACE_ABSENT", ("training", "epochs"): None}
    with pytest.raises(ConfigError, match="the environment has no variable 'MILLRACE_ABSENT'"):
        read_document(path, ["name=${MILLRACE_ABSENT}"])


def test_each_path_starts_where_it_was_written(write: Callable[..., str], tmp_path: Path) -> None:
    document = read_document(write(), ["data.schema_file=schema.pbtxt"])
    config = validate(document, tmp_path / "of/the/file", tmp_path / "of/the/overrides")
    assert config.data.path == str(tmp_path / "of/the/file/rows.csv")
    assert config.data.schema_file == str(tmp_path / "of/the/overrides/schema.pbtxt")
    assert config.storage.root == str(tmp_path / "of/the/file/workspace")


WHOLE = b"""\
name: trips
data: {format: csv, path: "rows-{SPAN:3}.csv", span: 3, marker: _OK, missing: ["?"], split: {stratify: true}}
label: {name: tipped, kind: binary, classes: ["no", "yes"]}
features:
  miles: {kind: numeric, buckets: 4}
  pixel_*: {kind: numeric}
  at: {kind: timestamp, format: "%Y"}
model: {family: wide_deep, hidden_units: [8], crosses: [[miles, at]]}
training: {batch_size: 8, epochs: 2, optimizer: {name: adam, learning_rate: 1e-3}, early_stopping: {patience: 2}}
tuning: {search: random, trials: 2, space: {training.optimizer.learning_rate: {min: 1e-4, max: 1e-1, scale: log}}}
evaluation: {slices: [[], [miles]], thresholds: {auc: {min: 0.8, max_drop: 0.1}}}
gate: {drift: 0.2}
storage: {root: workspace, metadata: "mysql://u:p@h:3306/d"}
schedule: {cron: "0 3 * * 1"}
resources: {default: {cpu: "2", memory: 8Gi}, Trainer: {node_pool: gpu-l4, retries: 2}}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "count"),
    [(1, 200), *(pytest.param(seed, 10_000, marks=pytest.mark.full) for seed in range(2, 12))],
)
def test_whatever_the_bytes_a_config_is_read_or_refused_by_its_line(tmp_path: Path, seed: int, count: int) -> None:
    path, read = tmp_path / "file.yaml", 0
    for content in mangle([MINIMAL.encode(), WHOLE], seed, count):
        path.write_bytes(content)
        try:
            config = load(path)
            assert Config.model_validate_json(config.model_dump_json()) == config, content  # as its process reads it
            read += 1
        except ConfigError as error:
            assert re.match(rf"{re.escape(str(path))}:\d+", error.where), (error, content)
            assert len(str(error).encode()) < 10_000, content
    assert 0.02 * count < read < 0.5 * count


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("name: [", ":1:8", "not valid YAML"),
        ('name: "\\ud800"', ":1:name", r"holds '\ud800', which is no text"),
        ('name: x\nlabel: {"\\0": 1}', ":2:label", r"holds '\x00', which is no text"),
        ("name: x\n# \0\n", ":2", r"it holds the character '\x00', which is not to be printed"),
        ('name: x\nlabel: "\\UFFFFFFFF"', ":2", "not valid YAML"),
        (f"name: {'9' * 5000}", ":1:name", "is no int"),
        (f"name: 0x{'F' * 5000}", ":1:name", "has more than 64 bits"),
        ("", ":1", "holds no keys"),
    ],
)
def test_what_readers_stumble_over_is_named(tmp_path: Path, text: str, where: str, what: str) -> None:
    (tmp_path / "file.yaml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "file.yaml")
    assert refused.value.where == f"{tmp_path}/file.yaml{where}"
    assert what in refused.value.what


def test_a_file_as_long_as_no_config_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text(MINIMAL + "# long\n" * 8_000_000)
    begun = time.process_time()
    with pytest.raises(ConfigError, match="has more than 1,000,000 bytes, which no config needs"):
        load(path)
    with pytest.raises(ConfigError, match="has more than 1,000,000 bytes"):
        load("/dev/zero")
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    "url", ["mysqlx://u:s3cret@h/d", "mysql://u:s3cret@h:99999/d", "mysql://u:s3cret@h:port/d", "mysql://u@/d", "x"]
)
def test_a_metadata_store_that_is_none_is_refused_and_no_password_told(write: Callable[..., str], url: str) -> None:
    path = write("evaluation:", f"storage: {{metadata: '{url}'}}\nevaluation:")
    with pytest.raises(ConfigError, match=r"^file\.yaml:11:storage\.metadata: This is not a metadata store") as refused:
        load(path)
    assert "s3cret" not in str(refused.value)


def test_an_override_has_no_more_levels_than_a_file(write: Callable[..., str]) -> None:
    with pytest.raises(ConfigError, match="sets nothing") as refused:
        load(write(), [f"training.epochs.{'a.' * 5000}b=1"])
    assert len(str(refused.value)) < 400
