import pytest
from pydantic import ValidationError

from configs.schema.cluster import RELEASES, Cluster, Vertex, order


def test_vertex_is_told_of_a_secret_by_name() -> None:
    vertex = Vertex(project="p", location="europe-west4", metadata="projects/p/secrets/s/versions/latest")
    assert Cluster(vertex=vertex).vertex == vertex


@pytest.mark.parametrize("name", ["mysql://u:p@h/db", "projects/p/secrets/s", "projects//secrets/s/versions/1"])
def test_what_names_no_secret_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="names no secret, like 'projects/PROJECT/secrets/NAME/versions/latest'"):
        Vertex(project="p", location="l", metadata=name)


@pytest.mark.parametrize(
    ("given", "version"), [({}, "2.17"), ({"version": 2.16}, "2.16"), ({"version": "2.14"}, "2.14")]
)
def test_the_release_is_the_newest_unless_told(given: dict[str, object], version: str) -> None:
    assert Cluster.model_validate(given).version == version


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"version": "2.5"}, "'2.14', '2.15', '2.16' or '2.17'"),
        ({"root": "/work$space"}, "holds '\\$', in whose place Kubernetes puts something else"),
        ({"root": "gs://bucket/{{a}}"}, "holds '{{', in whose place Kubeflow puts something else"),
        ({"root": "/minio"}, "is no folder to mount at: Kubeflow mounts a volume of its own there"),
        ({"claim": "a.b"}, "is no claim that Kubeflow can mount"),
        ({"namespace": "a.b"}, "'a.b' is no namespace"),
        ({"service_account": "A"}, "'A' is no name in Kubernetes"),
        ({"experiment": "é" * 65}, "has 130 bytes, and Kubeflow's experiments at most 128"),
        ({"metadata": {"secret": "a", "key": "a/b"}}, "'a/b' is no key of a secret"),
        ({"ttl": 0}, "greater than 0"),
    ],
)
def test_what_a_cluster_would_refuse_is_refused_before(values: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Cluster.model_validate(values)


def test_releases_are_ordered_by_their_numbers() -> None:
    assert sorted(["v2.16.1", "2.9", "2.14.0"], key=order) == ["2.9", "2.14.0", "v2.16.1"]
    assert sorted(RELEASES, key=order) == list(RELEASES)
