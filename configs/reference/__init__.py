"""The configuration described, for editors and for readers; begin with json_schema.py."""
