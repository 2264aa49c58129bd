"""The province a month later."""

from __future__ import annotations

from palayesh.synthetic.world import World


def advance(world: World, seed: int) -> World:
    """The same province in the next month."""
    raise NotImplementedError
