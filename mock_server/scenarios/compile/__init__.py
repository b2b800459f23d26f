"""From the plain value of a scenario file to a scenario."""
