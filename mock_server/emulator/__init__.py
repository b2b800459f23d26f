"""A status request, stage by stage: match, decide, commit, deliver."""
