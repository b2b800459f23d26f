"""The page of one task: where it is, what happened, what the next polls would see; or an id that nobody polled yet."""
