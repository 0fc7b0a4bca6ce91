"""Rows, losses, optimizers and all else that a training takes; begin with fit.py."""
