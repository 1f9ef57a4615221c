"""Open a scene in ChimeraX, replace the one sent before, and restyle it.

Only the list of models says what is open: versions 1.2 to 1.10.1 report an AttributeError for a map
that is nevertheless open, and in text mode they report no error at all.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from patterson_gui.bridges.chimerax.commands import opening, outline_item, styling
from patterson_gui.bridges.chimerax.rest import Model, Rest, one_line
from patterson_gui.bridges.local_programs import NoAnswerError
from patterson_gui.bridges.scene_files import TAG, tagged_name
from patterson_gui.io.viewers.scene import ViewerItem, ViewerScene


class SentScene:
    """Remembers the models that we opened in one ChimeraX.

    It knows them by number, kind and name, because ChimeraX uses numbers again and another ChimeraX
    may be started on the same port.
    """

    def __init__(self) -> None:
        self._opened: tuple[Model, ...] = ()
        self._by_key: dict[str, tuple[tuple[Model, ...], ViewerItem]] = {}
        # Names of files whose opening was not confirmed, with the models that were there before:
        # ChimeraX may have opened them nevertheless.
        self._uncertain: list[tuple[str, frozenset[str]]] = []

    def show(
        self, rest: Rest, scene: ViewerScene, outline: Path | None
    ) -> tuple[list[str], list[str]]:
        """Open and style as many items as possible, then close what we opened before.

        Returns
        -------
        The names of what is shown, and what ChimeraX refused. Where nothing could be opened, what
        was there before stays.

        Raises
        ------
        NoAnswerError, ConnectionLostError
        """
        before = rest.models()
        earlier = self._ours_among(before)
        names = {tagged_name(item) for item in scene.items}
        same_structure = any(_own_name(model) in names for model in earlier)
        fresh: list[Model] = []
        shown: list[str] = []
        complaints: list[str] = []
        by_key: dict[str, tuple[tuple[Model, ...], ViewerItem]] = {}
        there = before
        for item in scene.items:
            opened, there, reason = self._open(rest, item, there)
            if not opened:
                complaints.append(f"could not open {item.path.name} ({reason})")
                continue
            fresh += opened
            self._opened = (*earlier, *fresh)
            by_key[item.key or item.name] = (tuple(opened), item)
            shown.append(one_line(item.name) or "a map")
            complaints += _run_all(rest, styling(item, _spec(opened)))
        if not fresh:
            return [], complaints
        if outline is not None:
            edges, _, reason = self._open(rest, outline_item(outline), there)
            if not edges:
                complaints.append(f"could not draw the unit cell ({reason})")
            fresh += edges
        if earlier:
            rest.run(f"close {_spec(earlier)}")
        self._opened, self._by_key, self._uncertain = tuple(fresh), by_key, []
        if not same_structure:  # else the camera stays as the user turned it
            others = len(before) > len(earlier)
            rest.run(f"view {_spec(fresh)} clip false" if others else "view")
        return shown, complaints

    def restyle(self, rest: Rest, items: Sequence[ViewerItem]) -> str | None:
        """Restyle the models as `items` say; one sentence where one is gone or refused.

        Raises
        ------
        NoAnswerError, ConnectionLostError
        """
        there = set(rest.models())
        complaints: list[str] = []
        for item in items:
            known = self._by_key.get(item.key or item.name)
            if known is None:
                continue  # it was hidden here when the scene was sent
            models, old = known
            if not set(models) <= there:
                complaints.append(f"{old.name} is no longer open there")
                continue
            earlier = set(styling(old, _spec(models)))
            commands = list(styling(item, _spec(models)))
            if item.kind is not None:  # keep as much as possible of what the user changed there
                commands = [command for command in commands if command not in earlier]
            elif earlier == set(commands):
                continue
            complaints += _run_all(rest, commands)
            self._by_key[item.key or item.name] = (models, item)
        return f"ChimeraX: {complaints[0]}; send again." if complaints else None

    def _open(
        self, rest: Rest, item: ViewerItem, there: Sequence[Model]
    ) -> tuple[list[Model], tuple[Model, ...], str]:
        """Open one file while the models `there` are open.

        Returns the models it became, all models that are open then, and the reason if it became
        none.
        """
        name = tagged_name(item)
        before = frozenset(model.spec for model in there)
        try:
            reply = rest.run(opening(item.path.as_posix(), name))
        except NoAnswerError:
            self._uncertain.append((name, before))
            raise
        after = rest.models()
        added = [model for model in after if model.spec not in before]
        # A model that the user opened at the same moment has another name.
        named = [model for model in added if _own_name(model) == name]
        return named or added, after, reply.reason

    def _ours_among(self, models: Sequence[Model]) -> list[Model]:
        """The models that we opened, or that an earlier run of this program opened: those are
        known by our tag. What the plugin opened is inside a model of its own, and stays."""
        return [
            model
            for model in models
            if model in self._opened
            or _own_name(model).endswith(TAG)
            or any(
                _own_name(model) == name and model.spec not in old for name, old in self._uncertain
            )
        ]


def _own_name(model: Model) -> str:
    """The name a file was opened under; ChimeraX adds a word if it became several models."""
    return model.name.removesuffix(" group")


def _run_all(rest: Rest, commands: Iterable[str]) -> list[str]:
    """Run commands; returns what was refused."""
    replies = [rest.run(command) for command in commands]
    return [f"refused a command ({reply.reason})" for reply in replies if reply.error]


def _spec(models: Sequence[Model]) -> str:
    """'#1,4' for models #1 and #4."""
    return "#" + ",".join(model.spec.removeprefix("#") for model in models)
