"""The language of scenario files, as a JSON Schema."""
