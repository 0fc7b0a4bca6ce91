import json
import subprocess
import sys

from typer.testing import CliRunner

from configs.reference.json_schema import write_schema
from configs.repository import ROOT
from pipelines.cli.app import app


def test_the_schema_is_printed() -> None:
    done = CliRunner().invoke(app, ["config", "schema"])
    assert (done.exit_code, json.loads(done.output)) == (0, write_schema())


def test_no_heavy_library_is_loaded() -> None:
    code = (
        "import sys; from pipelines.cli.app import app; app(['config', 'schema'], standalone_mode=False);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"tensorflow", "tfx", "keras", "apache_beam", "pyarrow", "numpy"} & set(done.stderr.split()) == set()
