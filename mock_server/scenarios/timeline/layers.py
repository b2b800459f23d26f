"""The layers of a graph of steps: how far each stands behind the first."""

from __future__ import annotations

from collections.abc import Sequence


def layers_of(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each step: as far behind the first as the longest way to it, leaving out ways that lead back."""
    ways: dict[int, list[int]] = {k: [] for k in range(count)}
    for origin, to in edges:
        ways[origin].append(to)
    order, back = _ordered(count, ways)
    layers = [0] * count
    for k in order:
        for to in ways[k]:
            if (k, to) not in back:
                layers[to] = max(layers[to], layers[k] + 1)
    return layers


def _ordered(count: int, ways: dict[int, list[int]]) -> tuple[list[int], set[tuple[int, int]]]:
    """The steps so that each comes before those it leads to, and the ways that lead back and are left out."""
    done: list[int] = []
    back: set[tuple[int, int]] = set()
    seen: set[int] = set()
    for start in range(count):
        if start in seen:
            continue
        stack, open_ = [(start, iter(ways[start]))], {start}
        seen.add(start)
        while stack:
            k, left = stack[-1]
            to = next(left, None)
            if to is None:
                stack.pop()
                open_.discard(k)
                done.append(k)
            elif to in open_:
                back.add((k, to))
            elif to not in seen:
                seen.add(to)
                open_.add(to)
                stack.append((to, iter(ways[to])))
    return done[::-1], back
