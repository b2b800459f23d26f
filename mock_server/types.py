"""The types that every layer speaks of: JSON values, and paths into them."""

from __future__ import annotations

from typing import Any

Json = Any  # a JSON value: what it may hold is checked where it enters, by a schema
JsonPath = tuple[str | int, ...]
"""Keys and positions from the root of a JSON value; `"*"`, where it is allowed, stands for every position."""
