"""Package Millrace; the dependencies stand in requirements/, exact and hashed, since no range of them works.

Installed away from its checkout it would lack them, and its packages would stand beside those of others, under names
like `configs`: that is refused.
"""

import sys

from setuptools import find_packages, setup

REFUSAL = """Millrace runs from its checkout, with exactly the packages of a lock, which `pip install .` does not know.
Run `make setup` there; or, in an environment with all packages of requirements/legacy.txt (Python 3.10) or
requirements/current.txt (Python 3.11 to 3.13), `pip install --no-deps --editable .`"""

if {"bdist_wheel", "install", "sdist"} & set(sys.argv):
    raise SystemExit(REFUSAL)

setup(
    name="millrace",
    version="0.1.0",
    description="From one YAML file to a TFX pipeline that publishes a model only when it has earned it",
    license="Apache-2.0",
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["configs*", "trainer*", "components*", "pipelines*"]),
    package_dir={"": "."},  # an editable install is then one plain path, which type checkers follow too
    package_data={"configs": ["*.yaml", "*.json"], "pipelines": ["*/templates/*"]},
    entry_points={"console_scripts": ["millrace = pipelines.cli.app:main"]},
)
