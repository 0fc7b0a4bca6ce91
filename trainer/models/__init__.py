"""The families of models, one file each; begin with families.py, which finds them by name, and dnn.py, the shortest."""
