"""What a model is: its typed configuration, and the places and errors that every part shares."""
