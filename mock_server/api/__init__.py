"""What the admin API says and asks, as values: one list of fields for the server, its OpenAPI document and the client.

Responses are msgspec structs. They are encoded and decoded, and the document describes them, but they never judge a
request: requests are held against JSON Schemas, which name every problem at once.
"""
