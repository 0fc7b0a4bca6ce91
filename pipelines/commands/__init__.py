"""The verbs of the command line, a module for each thing they are about."""
