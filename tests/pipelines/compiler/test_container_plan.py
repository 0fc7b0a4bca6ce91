import random
import shutil
import string
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.nodes import read_step, task
from pipelines.compiler import container_plan, own_files
from pipelines.compiler.container_plan import plan_containers
from pipelines.graph.fingerprint import of_image
from pipelines.graph.nodes import choose_nodes
from tests.configs.conftest import MINIMAL


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the minimal configuration in models/file.yaml, and the current directory somewhere in it."""
    for module in (container_plan, own_files):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    for name in ("models/rows.csv", "elsewhere/rows.csv", "models/schema.pbtxt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a\n")
    (tmp_path / "models/file.yaml").write_text(MINIMAL, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path


FILE = "../models/file.yaml"


EACH = "cluster.steps=each"


def test_a_container_for_each_node_in_the_order_of_the_graph(repository: Path) -> None:
    made = plan_containers(FILE, [EACH])
    specs = choose_nodes(made.config)
    assert [(node.id, node.after) for node in made.nodes] == [(spec.id, spec.after) for spec in specs]
    assert [node.nodes for node in made.nodes] == [(spec.id,) for spec in specs]
    assert made.finish.id == "finish"


def test_nodes_that_follow_each_other_without_resources_of_their_own_share_a_container(repository: Path) -> None:
    made = plan_containers(FILE, ["resources.Trainer={memory: 8Gi, timeout: 900}", "resources.default.timeout=60"])
    assert [(step.id, step.after) for step in made.nodes] == [
        ("ExampleGenToTransform", ()),
        ("Trainer", ("ExampleGenToTransform",)),
        ("ResolverToPusher", ("Trainer", "ExampleGenToTransform")),
    ]
    assert [node for step in made.nodes for node in step.nodes] == [spec.id for spec in choose_nodes(made.config)]
    assert [step.resources.timeout for step in made.nodes] == [5 * 60, 900, 4 * 60]
    assert made.nodes[2].args[1:9] == (
        *("--node", "Resolver"), *("--node", "Evaluator"), *("--node", "LoadCheck"), *("--node", "Pusher"),
    )  # fmt: skip


def test_a_step_s_name_says_which_nodes_it_has(repository: Path) -> None:
    nodes = [spec.id for spec in choose_nodes(plan_containers(FILE).config)]
    for overrides in ([], [EACH], ["resources.Transform.cpu=2"]):
        for step in plan_containers(FILE, overrides).nodes:
            assert read_step(task(step.id), nodes) == step.nodes
    assert [step.nodes for step in plan_containers(FILE).nodes] == [tuple(nodes)]


@pytest.mark.parametrize("overrides", [[], [EACH], ["resources.Trainer.cpu=2"]])
def test_each_worker_of_a_training_has_a_container_like_the_trainer_s_beside_it(
    repository: Path, overrides: list[str]
) -> None:
    made = plan_containers(FILE, ["training={workers: 3, batch_size: 48}", *overrides])
    steps = {step.id: step for step in made.nodes}
    trainer = steps["Trainer"]
    assert trainer.nodes == ("Trainer",)
    assert [id for id in steps if "worker" in id] == ["Trainer-worker-2", "Trainer-worker-3"]
    for number in (2, 3):
        worker = steps[f"Trainer-worker-{number}"]
        assert (worker.nodes, worker.owner, worker.after) == ((), "Trainer", trainer.after)
        assert (worker.image, worker.resources) == (trainer.image, trainer.resources)
        assert worker.command == ("millrace", "train-along")
        assert worker.args == (trainer.args[0], "--worker", str(number), *trainer.args[3:])
        assert task(worker.id) == f"trainer-worker-{number}"
        assert read_step(task(worker.id), [node.id for node in choose_nodes(made.config)]) == ()
    assert not any("worker" in id for step in made.nodes for id in step.after)


def test_the_command_of_a_node(repository: Path) -> None:
    made = plan_containers(FILE, ["cluster.root=gs://bucket/models", EACH])
    node = made.nodes[0]
    assert node.command == ("millrace", "step")
    assert node.args == (
        "models/file.yaml",
        *("--node", "ExampleGen"),
        *("--image", of_image(made.own.digest)),
        *("--root", "gs://bucket/models"),
        *("--executor-input", "{{$}}"),
    )


def test_the_command_of_the_end(repository: Path) -> None:
    made = plan_containers(FILE)
    finish = made.finish
    assert finish.command == ("millrace", "finish")
    assert finish.args == (
        "models/file.yaml",
        *("--image", of_image(made.own.digest)),
        *("--root", "/workspace"),
        *("--executor-input", "{{$}}"),
    )


def test_each_container_has_the_image_of_its_machine(repository: Path) -> None:
    pools = ["resources.Trainer.node_pool=tpu-v6e-1", "training.device=tpu", "resources.Transform.node_pool=gpu-t4"]
    made = plan_containers(FILE, pools)
    images = {each.id: each.image for each in made.containers}
    kinds = {"Trainer": "tpu", "Transform": "gpu"}
    assert kinds.keys() < images.keys()
    assert images == {id: f"millrace:{kinds.get(id, 'cpu')}-{of_image(made.own.digest)}" for id in images}


def test_an_image_given_stands_for_that_of_the_config(repository: Path) -> None:
    made = plan_containers(FILE, image="gcr.io/x/{flavour}:{digest}")
    assert made.finish.image == f"gcr.io/x/cpu:{of_image(made.own.digest)}"
    assert plan_containers(FILE, ["image=of/config:1"]).finish.image == "of/config:1"


@pytest.mark.parametrize(
    ("overrides", "where", "what", "remedy"),
    [
        (
            ["data.path=/home/me/rows.csv"],
            "--set data.path=/home/me/rows.csv",
            "no container sees '/home/me/rows.csv' of this machine",
            "Put it below /workspace, name a URL like gs://, or a path within the repository, from the config.",
        ),
        (
            ["data.path=~/rows.csv", "cluster.root=s3://bucket/x"],
            "--set data.path=~/rows.csv",
            "no container sees '~/rows.csv' of this machine",
            "Put it below a volume of resources.ExampleGen,",
        ),
        (
            ["data.schema_file=../../schema.pbtxt"],
            "--set data.schema_file=../../schema.pbtxt",
            "no container sees '../../schema.pbtxt' of this machine",
            "Put it below /workspace,",
        ),
        (
            ["model={family: custom, module: /opt/model.py}"],
            "--set model={family: custom, module: /opt/model.py}:model.module",
            "no container sees '/opt/model.py' of this machine",
            "Put it below /workspace,",
        ),
        (
            ["training.device=gpu"],
            "--set training.device=gpu",
            "training.device is 'gpu', and the machine of Trainer has no accelerator",
            "Set training.device to cpu, or resources.Trainer.node_pool to another.",
        ),
        (
            ["training.device=tpu", "resources.Trainer.node_pool=gpu-l4"],
            "--set training.device=tpu",
            "training.device is 'tpu', and the machine of Trainer has 'nvidia-l4'",
            "Set training.device to gpu, or resources.Trainer.node_pool to another.",
        ),
        (
            ["resources.Trainer.node_pool=tpu-v5e-1"],
            "../models/file.yaml:8:training.device",
            "training.device is 'auto', and the machine of Trainer has 'tpu-v5-lite-podslice'",
            "Set training.device to tpu, or resources.Trainer.node_pool to another.",
        ),
        (
            ["image=millrace:{flavor}-{digest}"],
            "--set image=millrace:{flavor}-{digest}",
            "'millrace:{flavor}-{digest}' holds {flavor}, which stands for nothing",
            "Known are {flavour}, which is cpu, gpu or tpu, and {digest}.",
        ),
        (
            ["image=My Images/millrace:{flavour}"],
            "--set image=My Images/millrace:{flavour}",
            "'My Images/millrace:{flavour}' is no name of an image: a-z, 0-9, ., _, - and / make its name, and a tag",
            "Write one like registry.example.org/millrace:{flavour}-{digest}.",
        ),
        (
            ["notify=[{kind: webhook, url_env: HOOK}]"],
            "--set notify=[{kind: webhook, url_env: HOOK}]:notify.0.url_env",
            "no container has the variable 'HOOK'",
            "Name its secret: resources.finish.env: {HOOK: {secret: NAME, key: KEY}}.",
        ),
        (
            ["storage.metadata=mysql://me:s3cret@db/x"],
            "storage.metadata",
            "holds a password, which would be written into the compiled file",
            "Leave it out, as cluster.metadata stands for it; or write ${VAR}.",
        ),
    ],
)
def test_what_a_container_cannot_do_is_named(
    repository: Path, overrides: list[str], where: str, what: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        plan_containers(FILE, overrides)
    assert refused.value.where == where
    assert refused.value.what.startswith(what)
    assert refused.value.remedy.startswith(remedy)


@pytest.mark.parametrize(
    "overrides",
    [
        [
            "notify=[{kind: webhook, url_env: HOOK}]",
            "resources.finish.env={HOOK: {secret: slack, key: url}}",
        ],
        ["data.path=sample://taxi"],
        ["data.path=gs://bucket/rows.csv"],
        ["data.path=/workspace/rows/*.csv"],
        ["data.path=/mnt/rows.csv", "resources.ExampleGen.volumes={/mnt: rows}"],
        ["data.path=/mnt/rows.csv", "resources.default.volumes={/mnt: rows}"],
        ["data.path=elsewhere/rows.csv"],
        ["data.schema_file=models/schema.pbtxt"],
        ["training.device=gpu", "resources.Trainer.node_pool=gpu-l4"],
        ["resources.Trainer.node_pool=gpu-l4"],
    ],
)
def test_what_a_container_can_do(repository: Path, overrides: list[str]) -> None:
    assert plan_containers(FILE, overrides).overrides == tuple(overrides)


def test_the_files_of_a_config_outside_of_the_repository_come_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file.yaml").write_text(MINIMAL, encoding="utf-8")
    (tmp_path / "rows.csv").write_text("a\n")
    (tmp_path / "secret.env").write_text("s3cret")
    monkeypatch.chdir(tmp_path)
    made = plan_containers("file.yaml")
    assert made.nodes[0].args[0] == "own/file.yaml"
    assert made.own.files == {"own/rows.csv": tmp_path / "rows.csv"}
    assert made.nodes[0].image == f"millrace:cpu-{of_image(made.own.digest)}"
    assert of_image(made.own.digest) in made.nodes[0].args
    (tmp_path / "rows.csv").write_text("b\n")
    assert plan_containers("file.yaml").nodes[0].image != made.nodes[0].image


def test_what_a_config_outside_of_the_repository_names_beyond_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "rows.csv").write_text("a\n")
    (tmp_path / "mine/file.yaml").write_text(MINIMAL.replace("rows.csv", "../rows.csv"), encoding="utf-8")
    with pytest.raises(ConfigError, match="no container sees '../rows.csv'") as refused:
        plan_containers(str(tmp_path / "mine/file.yaml"))
    assert f"or a path below {tmp_path / 'mine'}, from the config." in refused.value.remedy


def test_a_file_that_is_to_come_along_must_be_there(repository: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file") as refused:
        plan_containers(FILE, ["data.schema_file=models/absent.pbtxt"])
    assert refused.value.where == "--set data.schema_file=models/absent.pbtxt"


def test_a_text_that_cannot_be_handed_on_is_refused(repository: Path) -> None:
    letters = random.Random(0)
    noise = "".join(letters.choice(string.ascii_letters) for _ in range(120_000))
    (repository / "models/file.yaml").write_text(f"{MINIMAL}# {noise}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^../models/file.yaml: has 1\d\d,\d{3} bytes when packed, and a container"):
        plan_containers(FILE)


@pytest.mark.parametrize(("folder", "mark"), [("a$(HOME)", "$"), ("{{a}}", "{{"), ("[[CurrentTime]]", "[[")])
def test_a_path_that_would_arrive_changed_is_refused(repository: Path, folder: str, mark: str) -> None:
    shutil.copytree(repository / "models", repository / folder)
    with pytest.raises(ConfigError) as refused:
        plan_containers(f"../{folder}/file.yaml")
    assert refused.value.where == f"../{folder}/file.yaml"
    assert refused.value.what.startswith(f"'{folder}/file.yaml' holds '{mark}', in whose place Kube")


def test_a_variable_that_the_container_alone_needs_may_be_unset(repository: Path) -> None:
    text = MINIMAL + "storage:\n  metadata: mysql://me:${MILLRACE_ABSENT}@db/x\n"
    text = text.replace("data: {format: csv, path: rows.csv}", "data:\n  format: csv\n  path: ${MILLRACE_ABSENT}/x.csv")
    (repository / "models/file.yaml").write_text(text, encoding="utf-8")
    made = plan_containers(FILE, ["data.weight=${MILLRACE_ABSENT}"])
    assert made.text == text
    assert made.config.data.weight == "$MILLRACE_ABSENT"


@pytest.mark.parametrize(
    ("addition", "overrides", "where"),
    [
        ("image: ${MILLRACE_ABSENT}/millrace\n", [], f"{FILE}:14:image"),
        ("cluster:\n  root: gs://${MILLRACE_ABSENT}/x\n", [], f"{FILE}:15:cluster.root"),
        ("", ["cluster.root=gs://${MILLRACE_ABSENT}/x"], "--set cluster.root=gs://${MILLRACE_ABSENT}/x"),
    ],
)
def test_a_variable_that_is_written_down_must_be_set(
    repository: Path, addition: str, overrides: list[str], where: str
) -> None:
    (repository / "models/file.yaml").write_text(MINIMAL + addition, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        plan_containers(FILE, overrides)
    assert (refused.value.where, refused.value.what) == (where, "the environment has no variable 'MILLRACE_ABSENT'")
