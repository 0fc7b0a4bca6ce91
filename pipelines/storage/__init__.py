"""Object stores, and working copies of what lies in one; begin with sync.py."""
