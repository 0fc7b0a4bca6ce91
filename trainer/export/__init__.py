"""The SavedModel and its signatures; begin with saved_model.py."""
