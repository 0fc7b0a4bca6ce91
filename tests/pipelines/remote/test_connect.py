"""Each engine that a config compiles for has a service that takes it."""

from pkgutil import resolve_name

import pytest

from pipelines.compiler.compile import ENGINES
from pipelines.remote.connect import SERVICES
from pipelines.remote.service import Service


def test_every_engine_has_a_service():
    assert SERVICES.keys() == ENGINES.keys()


@pytest.mark.slow
@pytest.mark.parametrize("engine", SERVICES)
def test_a_service_does_all_that_is_asked_of_one(engine):
    wanted = {name for name in vars(Service) if not name.startswith("_")}
    assert wanted - set(dir(resolve_name(SERVICES[engine]))) == set()
