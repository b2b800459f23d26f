"""What can go wrong with a response: the table of faults, and which of them apply to a poll."""
