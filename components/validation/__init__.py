"""What a cell may hold, and what is said when it holds something else; begin with validate.py."""
