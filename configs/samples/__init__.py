"""The data that ships, as sample://NAME; begin with catalog.py."""
