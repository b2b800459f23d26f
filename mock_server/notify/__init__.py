"""How a vendor tells a user's service that a job ended: where that may go, one attempt, and who makes attempts when."""
