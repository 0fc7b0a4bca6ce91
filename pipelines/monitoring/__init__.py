"""How the version in service does on new rows; begin with look.py."""
