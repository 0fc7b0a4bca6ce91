import hashlib
import json

import pandas as pd
import pytest
import tensorflow_data_validation as tfdv
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.types import artifact_utils, standard_artifacts

from components.in_service_driver import IN_SERVICE
from components.schema_gen import Driver, Executor, summarise
from components.schemas.places import FILE
from components.schemas.tfdv_schema import read_schema
from configs.home import Home


@pytest.fixture
def statistics(tmp_path):
    """The statistics of a split of three rows."""
    artifact = standard_artifacts.ExampleStatistics()
    artifact.uri = str(tmp_path / "statistics")
    artifact.split_names = artifact_utils.encode_split_names(["train"])
    frame = pd.DataFrame({"company": ["Blue", "Red", "Red"], "miles": [1.0, 2.0, 3.0]})
    folder = tmp_path / "statistics" / "Split-train"
    folder.mkdir(parents=True)
    (folder / "FeatureStats.pb").write_bytes(tfdv.generate_statistics_from_dataframe(frame).SerializeToString())
    return artifact


def properties(tmp_path, schema_file=""):
    return {
        "home": str(Home(tmp_path / "trips").root),
        "schema_file": schema_file,
        "columns": json.dumps(["company", "miles"]),
        "free": "[]",
        IN_SERVICE: "",
    }


def execute(tmp_path, statistics, schema_file=""):
    schema = standard_artifacts.Schema()
    schema.uri = str(tmp_path / "schema")
    (tmp_path / "schema").mkdir()
    Executor().Do({"statistics": [statistics]}, {"schema": [schema]}, properties(tmp_path, schema_file))
    return schema


def test_a_schema_is_inferred_where_there_is_none(tmp_path, statistics):
    schema = execute(tmp_path, statistics)
    company, miles = read_schema(tmp_path / "schema" / FILE).feature
    assert list(company.string_domain.value) == ["Blue", "Red"]
    assert (miles.float_domain.min, miles.float_domain.max) == (0.0, 5.0)
    assert summarise({"schema": [schema]}).text == "2 columns, inferred"


def test_a_curated_schema_goes_before(tmp_path, statistics):
    curated = tmp_path / "curated.pbtxt"
    curated.write_text('feature { name: "company" type: BYTES }')
    schema = execute(tmp_path, statistics, str(curated))
    company, miles = read_schema(tmp_path / "schema" / FILE).feature
    assert not company.HasField("string_domain")
    assert miles.float_domain.max == 5.0
    assert summarise({"schema": [schema]}).text == f"2 columns, curated in {curated}"


def test_the_content_of_a_curated_schema_is_part_of_what_the_node_depends_on(tmp_path):
    curated = tmp_path / "curated.pbtxt"
    curated.write_text('feature { name: "company" }')
    told = Driver(None).run(ExecutionInfo(exec_properties=properties(tmp_path, str(curated)))).exec_properties
    assert told["schema_digest"].string_value == hashlib.sha256(curated.read_bytes()).hexdigest()
