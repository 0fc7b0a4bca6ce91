import sys

import pytest

from pipelines.silence import spare


def test_a_module_that_is_spared_looks_absent_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with spare("colorsys"), pytest.raises(ImportError):
        import colorsys
    import colorsys

    with spare("colorsys"):  # what is loaded already stays
        assert sys.modules["colorsys"] is colorsys
