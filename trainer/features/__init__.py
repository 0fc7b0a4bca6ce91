"""A column's transform, its Keras input and its tensor at the server; begin with transforms.py."""
