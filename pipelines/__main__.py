"""`python -m pipelines VERB ...` is `millrace VERB ...`."""

from pipelines.cli import main

main()
