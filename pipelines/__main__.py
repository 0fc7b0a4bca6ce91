"""`python -m pipelines VERB ...` is `millrace VERB ...`."""

from pipelines.cli.app import main

main()
