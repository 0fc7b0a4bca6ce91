"""The Kubernetes manifests: sound by Kubernetes' own schemas, and of the names that the config has by default."""

import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from configs.repository import ROOT
from configs.schema.cluster import Cluster
from configs.schema.kubernetes import METADATA
from configs.schema.resources import Resources
from pipelines.serving.server import GRACE

DEPLOY = ROOT / "deploy"
KUSTOMIZATIONS = sorted(DEPLOY.rglob("kustomization.yaml"))
FOLDERS = [str(path.parent.relative_to(DEPLOY)) for path in KUSTOMIZATIONS]
VERSIONS = ("1.29", kubernetes_validate.latest_version())
SECRET = "root-password=a\npassword=b\nurl=mysql://millrace:b@millrace-metadata:3306/millrace\n"


def read(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def list_files(folder):
    return sorted(path for path in (DEPLOY / folder).glob("*.yaml") if path.name != "kustomization.yaml")


def name(document):
    return document["kind"], document["metadata"]["name"]


def check(document, version):
    if document["apiVersion"].startswith("serving.kserve.io/"):  # a test of its own holds it against what KServe takes
        return
    kubernetes_validate.validate(document, version, strict=True)


WHOLE = [
    document for folder in ("base", "kserve", "flink", "ops") for path in list_files(folder) for document in read(path)
]
FOUND = {name(document): document for document in WHOLE}
WORKLOADS = [document for document in WHOLE if document["kind"] in ("Deployment", "StatefulSet", "Job")]


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("document", WHOLE, ids=lambda document: "-".join(name(document)))
def test_a_manifest_is_sound_and_names_no_namespace(document, version):
    check(document, version)
    assert "namespace" not in document["metadata"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_kustomization_lists_all_of_its_folder_and_patches_what_is_there(folder):
    [kustomization] = read(DEPLOY / folder / "kustomization.yaml")
    patches = [patch["path"] for patch in kustomization.get("patches", ())]
    resources = [DEPLOY / folder / path for path in kustomization["resources"]]
    assert all(path.exists() for path in resources)
    assert sorted([*(path.name for path in resources if path.is_file()), *patches]) == [
        path.name for path in list_files(folder)
    ]
    for patch in patches:
        assert all(name(document) in FOUND for document in read(DEPLOY / folder / patch))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl, which has kustomize within")
@pytest.mark.parametrize("folder", FOLDERS)
def test_what_kustomize_builds_is_sound(folder, tmp_path):
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    (tmp_path / "deploy/base/metadata.env").write_text(SECRET)
    command = ["kubectl", "kustomize", str(tmp_path / "deploy" / folder)]
    built = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    documents = [document for document in yaml.safe_load_all(built) if document]
    for document in documents:
        check(document, VERSIONS[-1])
    check_ports(documents)
    secrets = [document for document in documents if document["kind"] == "Secret"]
    assert [(name(secret)[1], sorted(secret["data"])) for secret in secrets] == (
        [(Cluster().metadata.secret, ["password", "root-password", Cluster().metadata.key])] if secrets else []
    )


def test_the_names_are_those_of_the_config():
    cluster = Cluster()
    assert FOUND["PersistentVolumeClaim", cluster.claim]["spec"]["accessModes"] == ["ReadWriteMany"]
    assert FOUND["RoleBinding", cluster.service_account]["subjects"] == [
        {"kind": "ServiceAccount", "name": cluster.service_account}
    ]
    for workload in WORKLOADS:
        pod = workload["spec"]["template"]["spec"]
        claims = {
            volume["name"]: volume["persistentVolumeClaim"]["claimName"]
            for volume in pod["volumes" if "volumes" in pod else "containers"]
            if "persistentVolumeClaim" in volume
        }
        assert set(claims.values()) <= {cluster.claim}
        mounts = [mount for container in pod["containers"] for mount in container.get("volumeMounts", ())]
        assert {mount["mountPath"] for mount in mounts if mount["name"] in claims} <= {cluster.root}
    assert f"--model_base_path={cluster.root}/$(PIPELINE)/serving" in containers("millrace-serving")["serving"]["args"]


def containers(workload):
    found = next(document for document in WORKLOADS if name(document)[1] == workload)
    return {container["name"]: container for container in found["spec"]["template"]["spec"]["containers"]}


def test_no_password_is_kept_in_git():
    [base] = read(DEPLOY / "base/kustomization.yaml")
    assert [secret["envs"] for secret in base["secretGenerator"]] == [["metadata.env"]]
    assert "deploy/base/metadata.env" in (ROOT / ".gitignore").read_text().splitlines()
    assert not [document for document in WHOLE if document["kind"] == "Secret"]
    for variable in containers("millrace-metadata")["mariadb"]["env"]:
        assert "PASSWORD" not in variable["name"] or "secretKeyRef" in variable["valueFrom"]


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: name(workload)[1])
def test_a_pod_may_do_no_more_than_it_must_and_says_what_it_needs(workload):
    template = workload["spec"]["template"]
    if workload["kind"] != "Job":  # whose selector is made for it
        assert workload["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    pod = template["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context.get("readOnlyRootFilesystem") or container["image"].startswith("flink:")
        assert {**pod["securityContext"], **context}["runAsUser"] > 0
        assert workload["kind"] == "Job" or container["livenessProbe"]
        assert {kind: sorted(amount) for kind, amount in container["resources"].items()} == {
            "requests": ["cpu", "memory"],
            "limits": ["cpu", "memory"],
        }


def test_who_is_on_call_has_the_volume_the_database_and_sight_of_the_runs_alone():
    pod, cluster = FOUND["Pod", "millrace-ops"], Cluster()
    [ops] = pod["spec"]["containers"]
    assert ops["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert pod["spec"]["securityContext"]["runAsUser"] == Resources().user
    assert {mount["mountPath"] for mount in ops["volumeMounts"]} == {cluster.root, "/tmp"}
    [claim] = [volume for volume in pod["spec"]["volumes"] if "persistentVolumeClaim" in volume]
    assert claim["persistentVolumeClaim"]["claimName"] == cluster.claim
    secret = ops["env"][0]["valueFrom"]["secretKeyRef"]
    assert (ops["env"][0]["name"], secret["name"]) == (METADATA, cluster.metadata.secret)
    rules = FOUND["Role", "millrace-ops"]["rules"]
    assert {(kind, verb) for rule in rules for kind in rule["resources"] for verb in rule["verbs"]} == {
        ("workflows", "list"), ("pods", "list"),
    }  # fmt: skip
    [policy] = FOUND["NetworkPolicy", "millrace-metadata"]["spec"]["ingress"]
    assert policy["from"][0]["podSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_the_database_answers_pipeline_steps_alone():
    steps = [{"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "millrace"}}}]
    assert FOUND["NetworkPolicy", "millrace-metadata"]["spec"]["ingress"] == [
        {"from": steps, "ports": [{"port": 3306, "protocol": "TCP"}]}
    ]
    labels = [workload["spec"]["template"]["metadata"]["labels"] for workload in WORKLOADS]
    assert not [found for found in labels if "app.kubernetes.io/part-of" in found]


def test_a_service_reaches_ports_that_are_open():
    assert check_ports(WHOLE) == 4


def check_ports(documents):
    """Each service has pods that open its ports, and a policy that lets others in has no port beyond those."""
    pods = [document["spec"]["template"] for document in documents if document["kind"] in ("Deployment", "StatefulSet")]
    services = [document for document in documents if document["kind"] == "Service"]
    for service in services:
        chosen = [pod for pod in pods if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()]
        [ports] = [[port for c in pod["spec"]["containers"] for port in c["ports"]] for pod in chosen]
        wanted = {(port["name"], port["port"]) for port in service["spec"]["ports"]}
        assert wanted <= {(port["name"], port["containerPort"]) for port in ports}
        for policy in documents:
            if policy["kind"] == "NetworkPolicy" and name(policy)[1] == name(service)[1]:
                let = {port["port"] for rule in policy["spec"]["ingress"] for port in rule.get("ports", ())}
                assert let <= {port["containerPort"] for port in ports}
    return len(services)


def test_a_model_server_answers_until_all_know_that_it_goes():
    """Kubernetes sends requests to a pod for some moments after it has told it to end."""
    serving = containers("millrace-serving")["serving"]
    assert serving["lifecycle"] == {"preStop": {"exec": {"command": ["sleep", "5"]}}}
    [pod] = [found["spec"]["template"]["spec"] for found in WORKLOADS if name(found)[1] == "millrace-serving"]
    assert pod.get("terminationGracePeriodSeconds", 30) > 5 + GRACE


def test_whoever_changes_a_strategy_says_all_of_it():
    """What a server has filled in itself stays where another manifest is silent, and does not go with every type."""
    [patch] = [found for found in read(DEPLOY / "overlays/gpu/serving.yaml") if found["kind"] == "Deployment"]
    base = FOUND["Deployment", "millrace-serving"]["spec"]["strategy"]
    assert base["type"] == "RollingUpdate"
    assert base["rollingUpdate"].keys() == patch["spec"]["strategy"]["rollingUpdate"].keys()
    assert patch["spec"]["strategy"].keys() == {"rollingUpdate"}


def test_the_volume_is_prepared_for_the_user_of_the_steps():
    pod = FOUND["Job", "millrace-volume"]["spec"]["template"]["spec"]
    steps = Resources().user
    assert [pod["securityContext"][key] for key in ("runAsUser", "runAsGroup", "fsGroup")] == [steps] * 3


def test_the_tolerations_of_the_pools_are_a_pod_s():
    pools = yaml.safe_load((DEPLOY / "nodepools.yaml").read_text())
    assert pools
    for pool in pools.values():
        assert {toleration["operator"] for toleration in pool["tolerations"]} == {"Exists"}


def test_each_command_of_a_header_is_kubectl_s():
    """A cluster's user has kubectl; of kustomize alone nobody was told."""
    for path in KUSTOMIZATIONS:
        commands = re.findall(r"^#   (\w+)", path.read_text(), re.MULTILINE)
        assert set(commands) <= {"kubectl", "password", "cat", "root", "url", "EOF", "IMAGE"}


def test_images_are_of_the_versions_in_the_lock():
    lock = dict(re.findall(r"^([a-z-]+)==(\S+)", (ROOT / "requirements/current.txt").read_text(), re.MULTILINE))
    assert containers("millrace-serving")["serving"]["image"] == f"tensorflow/serving:{lock['tensorflow']}"
    [gpu] = read(DEPLOY / "overlays/gpu/kustomization.yaml")
    assert gpu["images"] == [{"name": "tensorflow/serving", "newTag": f"{lock['tensorflow']}-gpu"}]
    server = containers("millrace-beam")["jobserver"]["image"]
    flink = containers("millrace-flink-jobmanager")["jobmanager"]["image"].removeprefix("flink:")
    assert server == f"apache/beam_flink{flink}_job_server:{lock['apache-beam']}"
    assert containers("millrace-flink-taskmanager")["taskmanager"]["image"] == f"flink:{flink}"


def test_kserve_serves_the_same_folder():
    """By hand: no package of both locks holds KServe's schema."""
    service = FOUND["InferenceService", "taxi"]
    assert service["apiVersion"] == "serving.kserve.io/v1beta1"
    predictor = service["spec"]["predictor"]
    assert sorted(predictor) == ["minReplicas", "model", "securityContext"]
    assert sorted(predictor["model"]) == ["modelFormat", "resources", "securityContext", "storageUri"]
    assert predictor["model"]["modelFormat"] == {"name": "tensorflow", "version": "2"}
    assert predictor["model"]["storageUri"] == f"pvc://{Cluster().claim}/taxi/serving"
