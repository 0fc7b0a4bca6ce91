"""Plain Keras: features, models, training and export; knows nothing of pipelines."""
