"""The command line, a verb a function and nothing else; begin with app.py."""
