"""Find what a function could reach through its arguments."""

from collections.abc import Mapping
from typing import Any

import gemmi

from patterson_gui.crystal.crystal import Crystal
from patterson_gui.crystal.maps.density_map import DensityMap

TRUTH = (gemmi.Structure, gemmi.Model, gemmi.Chain, gemmi.Residue, gemmi.Atom, DensityMap, Crystal)
# Where functions, methods and partial functions keep what they were made with.
_OF_FUNCTIONS = ("__defaults__", "__kwdefaults__", "__self__", "args", "keywords")


def reachable(*things: Any) -> list[Any]:
    """All objects that can be reached from `things`: items, attributes, and what functions hold.

    Only attributes of this package's objects are followed.
    """
    found: dict[int, Any] = {}
    waiting = list(things)
    while waiting:
        thing = waiting.pop()
        if id(thing) in found:
            continue
        found[id(thing)] = thing
        if isinstance(thing, Mapping):
            waiting += [*thing, *thing.values()]
        elif isinstance(thing, list | tuple | set | frozenset):
            waiting += thing
        elif type(thing).__module__.startswith("patterson_gui"):
            waiting += getattr(thing, "__dict__", {}).values()
        waiting += [cell.cell_contents for cell in getattr(thing, "__closure__", None) or ()]
        if callable(thing):
            waiting += [getattr(thing, name, None) for name in _OF_FUNCTIONS]
    return list(found.values())


def truths_in(*things: Any) -> list[Any]:
    """The models, maps and crystals among all that can be reached."""
    return [thing for thing in reachable(*things) if isinstance(thing, TRUTH)]
