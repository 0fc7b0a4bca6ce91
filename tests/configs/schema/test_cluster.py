import pytest
from pydantic import ValidationError

from configs.schema.cluster import Cluster, Vertex


def test_vertex_is_told_of_a_secret_by_name() -> None:
    vertex = Vertex(project="p", location="europe-west4", metadata="projects/p/secrets/s/versions/latest")
    assert Cluster(vertex=vertex).vertex == vertex


@pytest.mark.parametrize("name", ["mysql://u:p@h/db", "projects/p/secrets/s", "projects//secrets/s/versions/1"])
def test_what_names_no_secret_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="names no secret, like 'projects/PROJECT/secrets/NAME/versions/latest'"):
        Vertex(project="p", location="l", metadata=name)
