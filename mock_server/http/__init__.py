"""An HTTP message as a value: requests, responses, JSON as it is sent, and framing. Knows no socket."""
