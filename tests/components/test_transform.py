from tfx.types import standard_artifacts

from components.transform import summarise


def test_the_summary_counts_the_vocabularies(tmp_path):
    graph = standard_artifacts.TransformGraph()
    graph.uri = str(tmp_path)
    assert summarise({"transform_graph": [graph]}).text == "0 vocabularies"
    assets = tmp_path / "transform_fn" / "assets"
    assets.mkdir(parents=True)
    for name in ("company", "hour"):
        (assets / name).touch()
    assert summarise({"transform_graph": [graph]}).text == "2 vocabularies"
