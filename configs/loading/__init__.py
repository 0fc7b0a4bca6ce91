"""From YAML to a Config, and what is said of a mistake; begin with loader.py."""
