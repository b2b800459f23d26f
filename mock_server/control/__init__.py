"""All that people can do to a running server, without HTTP: one noun a module, each a thin hand on the store."""
