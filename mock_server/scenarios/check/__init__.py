"""Whether a scenario means something: every step, edge and body is checked when it is loaded."""
