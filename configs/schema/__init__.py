"""The typed sections of a config, one file each; begin with config.py, which is the whole."""
