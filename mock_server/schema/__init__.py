"""JSON held against a JSON Schema, and what is wrong told in words."""
