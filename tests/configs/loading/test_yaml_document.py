import time
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.loading.yaml_document import parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("12", 12),
        ("0.5", 0.5),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("'12'", "12"),
        ("[a, {b: 1}]", ["a", {"b": 1}]),
        ("8: x", {"8": "x"}),
        ("${RATE}", 0.001),
        ("'${RATE}'", "1e-3"),
        ("of-${RATE}-${RATE}", "of-1e-3-1e-3"),
    ],
)
def test_values_follow_yaml_1_2(text: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE", "1e-3")
    data = parse(text, "file.yaml").data
    assert data == value
    assert type(data) is type(value)


def test_places_are_lines() -> None:
    document = parse("a:\n  b: 1\n  c:\n  - x\n  - y\n", "file.yaml")
    assert document.where(("a", "b")) == "file.yaml:2:a.b"
    assert document.where(("a", "c", 1)) == "file.yaml:5:a.c.1"
    assert document.where(("a", "absent", "key")) == "file.yaml:1:a.absent.key"
    assert document.where(()) == "file.yaml:1"


@pytest.mark.parametrize(
    ("text", "where", "what", "remedy"),
    [
        ("a: [1\nb: 2", "file.yaml:2:2", "not valid YAML: expected ',' or ']', but got ':'", ""),
        ("a: * * *", "file.yaml:1:5", "not valid YAML: expected alphabetic", "Write the value out; text"),
        ("a: {b: ${VAR}}", "file.yaml:1:9", "not valid YAML: expected ',' or '}'", "Between braces or brackets"),
        ("a: b: c", "file.yaml:1:5", "not valid YAML: mapping values are not allowed here", ""),
        ("a: 1\n---\nb: 2", "file.yaml:2:1", "not valid YAML: but found another document", ""),
        ("a: 1\nb: 2\na: 3", "file.yaml:3:a", "key 'a' is given twice, first in line 1", "Keep one of them."),
        ("? [a]\n: b", "file.yaml:1", "a key must be a word", ""),
        ("a: &x 1\nb: *x", "file.yaml:2:4", "the alias '*x' is not allowed", "Write the value out"),
        ("<<: &x {a: 1}\nb:\n  <<: *x", "file.yaml:3:7", "the alias '*x' is not allowed", "Write the value out"),
        ("a:\n  b: !mine 3", "file.yaml:2:a.b", "the tag '!mine' is not allowed", "Write a plain value."),
        ("a: !!int x", "file.yaml:1:a", "'x' is no int", ""),
        ("a: \x07", "file.yaml:1", "not valid YAML: it holds the character", "Take it out"),
        (
            "a:\n  b: ${MILLRACE_ABSENT}",
            "file.yaml:2:a.b",
            "the environment has no variable 'MILLRACE_ABSENT'",
            "Set MILLRACE_ABSENT, or write the value itself.",
        ),
    ],
)
def test_refusals_name_the_place(text: str, where: str, what: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text, "file.yaml")
    assert refused.value.where == where
    assert refused.value.what.startswith(what)
    assert refused.value.remedy.startswith(remedy)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.mkdir", "!!python/object/new:os.mkdir", "!!python/name:os"])
def test_a_python_tag_is_refused_unexecuted(tag: str, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    with pytest.raises(ConfigError, match="tag '!!python/.*' is not allowed"):
        parse(f"name: {tag} ['{folder}']", "file.yaml")
    assert not folder.exists()


BOMB = "a0: &a0 [x, x]\n" + "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 1000))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "what"),
    [
        (BOMB, "alias '\\*a0'"),
        ("a: &a [" + "*a, " * 10**6 + "]", "alias '\\*a'"),
        ("[" * 20_000, "nested more than 32 levels"),
    ],
    ids=["nested", "many", "deep"],
)
def test_bombs_are_refused_at_once(text: str, what: str) -> None:
    began = time.process_time()
    with pytest.raises(ConfigError, match=what):
        parse(text, "file.yaml")
    assert time.process_time() - began < 3
