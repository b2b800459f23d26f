"""JSON values validated against a JSON Schema, and messages about what is wrong."""
