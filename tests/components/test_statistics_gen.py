from types import SimpleNamespace

import pytest
import tensorflow_data_validation as tfdv
from tfx.types import channel_utils, standard_artifacts

from components import statistics_gen
from configs.schema.features import Image, Numeric

SHAPE = {"kind": "image", "height": 1, "width": 1, "channels": 1}


@pytest.mark.parametrize(
    ("features", "pictures"),
    [
        ({"photo": Image(**SHAPE), "size": Numeric(kind="numeric")}, ["photo"]),
        ({"pixel": Image(**SHAPE, columns=("a",))}, []),
    ],
)
def test_the_bytes_of_images_are_not_counted_as_categories(features, pictures):
    examples = channel_utils.as_channel([standard_artifacts.Examples()])
    made = {"ExampleGen": SimpleNamespace(outputs={"examples": examples})}
    node = statistics_gen.build(SimpleNamespace(features=features), made)
    options = tfdv.StatsOptions.from_json(node.exec_properties["stats_options_json"])
    described = options.schema.feature if options.schema else []
    assert [feature.name for feature in described if feature.HasField("image_domain")] == pictures
