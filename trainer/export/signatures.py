"""What an exported model is asked by, and what it answers with."""

SERVING, RAW, TRANSFORM = "serving_default", "serving_raw", "transform_features"
PREDICTION, CLASSES, SCORES = "prediction", "classes", "scores"
