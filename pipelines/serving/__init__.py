"""What is done with the version in service: predict, serve, promote; begin with batch_predict.py."""
