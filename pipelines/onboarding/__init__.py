"""What a file holds, and the config to make of it; begin with config_draft.py."""
