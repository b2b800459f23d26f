"""The store that several servers share: a Redis, one with sentinels, or a cluster."""
