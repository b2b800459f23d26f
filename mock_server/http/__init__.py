"""HTTP messages as values: requests, responses, our own errors, JSON, and framing. Knows no socket."""
