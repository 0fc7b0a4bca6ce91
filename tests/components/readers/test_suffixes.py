"""What is known of the formats without Arrow is what they say themselves."""

import subprocess
import sys
from typing import get_args

from components.readers.formats import FORMATS
from components.readers.suffixes import ITEMS, SUFFIXES
from configs.repository import ROOT
from configs.schema.data import Data


def test_every_format_has_its_names_from_here():
    assert list(SUFFIXES) == list(FORMATS)
    assert {name: format.suffixes for name, format in FORMATS.items()} == SUFFIXES
    assert {name: format.items for name, format in FORMATS.items() if format.items} == ITEMS
    assert set(get_args(Data.model_fields["format"].annotation)) == set(SUFFIXES)


def test_a_format_without_items_stands_for_its_files_alone():
    assert {name: FORMATS[name].list_parts("rows") for name in SUFFIXES.keys() - ITEMS} == dict.fromkeys(
        SUFFIXES.keys() - ITEMS, ["rows"]
    )


def test_data_is_found_without_arrow():
    code = "import sys, components.readers.spans; sys.exit('pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
