"""Where a schema lies: in an artifact, and in a version; known without TensorFlow."""

FILE = "schema.pbtxt"
IN_VERSION = f"assets.extra/schema/{FILE}"
