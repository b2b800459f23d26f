"""A scenario made of what polls of a service saw: `seen`, without `secrets`, `told`, `write` and `prove`. Pure."""
