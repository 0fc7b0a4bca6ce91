from components.registry.model_registry import (
    tree_digest,
)


def test_the_digest_knows_names_from_contents(tmp_path):
    for folder, name, text in (("x", "ab", "c"), ("y", "a", "bc"), ("z", "ab", "c")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text)
    x, y, z = (tree_digest(tmp_path / folder) for folder in "xyz")
    assert x == z != y
    (tmp_path / "z" / "cd").write_text("")
    assert tree_digest(tmp_path / "z") != x == tree_digest(tmp_path / "z", exclude=["cd"])
