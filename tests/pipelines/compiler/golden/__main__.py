"""Write the golden files again."""

from tests.pipelines.compiler.golden import ENGINES, compiled, golden, normalise

for name in ENGINES:
    golden(name).write_text(normalise(compiled(name)), encoding="utf-8")
