"""The admin API under `/__admin`, without any web framework: requests in, responses out, thin over `control`.

`routes` is its one table: what is served, what the OpenAPI document says and what the tests walk through come from it.
"""
