"""The versions in service; begin with model_registry.py."""
