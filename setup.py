"""Package Millrace; the dependencies stand in requirements/, exact and hashed, since no range of them works."""

from setuptools import find_packages, setup

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
