"""What a user changes in how the document is shown. Each change is a step that can be undone."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from patterson_gui.app.document.added_layers import AddedLayer
from patterson_gui.app.document.document import Document
from patterson_gui.app.document.shown_part import ShownPart
from patterson_gui.app.document.view_state import LAYER_NAMES, MAP_LAYERS, Layer, LayerKey, Links
from patterson_gui.app.history.steps import History
from patterson_gui.crystal.maps.patterson import PattersonSettings

_LINK_NAMES = {"camera": "cameras", "cursor": "cursors", "levels": "levels"}


@dataclass(frozen=True)
class ViewSettings:
    """How the document is shown, but for camera and cursor.

    A removed map of a file stays in memory while its removal can be undone.
    """

    layers: Mapping[LayerKey, Layer]
    added: tuple[AddedLayer, ...]
    links: Links
    show_aligned: bool
    show_difference: bool
    colour_by_correlation: bool
    patterson: PattersonSettings
    part: ShownPart

    @classmethod
    def of(cls, document: Document) -> "ViewSettings":
        return cls(
            dict(document.layers), document.added, document.links, document.show_aligned,
            document.show_difference, document.colour_by_correlation,
            document.patterson_settings, document.shown_part,
        )  # fmt: skip


class ViewChanges:
    """Makes the changes of a user and records them in the history."""

    def __init__(
        self,
        document: Document,
        history: History,
        update_patterson: Callable[[PattersonSettings], object],
    ) -> None:
        """`update_patterson` sets the settings of the Patterson map and computes it."""
        self._document = document
        self._history = history
        self._update_patterson = update_patterson

    def set_level(self, key: LayerKey, rmsd: float) -> None:
        """Set a level; those of linked maps follow."""
        self._change(
            f"Level of the {LAYER_NAMES[key]} map",
            lambda: self._document.set_level(key, rmsd),
            # The other views of linked levels report theirs too.
            "linked levels" if self._document.is_linked_level(key) else ("level", key),
        )

    def set_visible(self, key: LayerKey, visible: bool) -> None:
        """Show or hide a layer."""
        layer = replace(self._document.layers[key], visible=visible)
        words = "Show" if visible else "Hide"
        self._change(f"{words} {LAYER_NAMES[key]}", lambda: self._document.set_layer(key, layer))

    def set_style(self, key: LayerKey, style: str) -> None:
        """Draw one map as "wire" or "surface"."""
        layer = replace(self._document.layers[key], style=style)
        self._change(
            f"Style of the {LAYER_NAMES[key]} map", lambda: self._document.set_layer(key, layer)
        )

    def set_added(
        self, name: str, layers: Sequence[AddedLayer], group: Hashable | None = None
    ) -> None:
        """Set the maps and models that are drawn besides; `name` of the step, for the menu."""
        self._change(name, lambda: self._document.set_added(layers), group)

    def set_all_styles(self, style: str) -> None:
        """Draw all maps as "wire" or "surface"."""
        document = self._document

        def change() -> None:
            for key in MAP_LAYERS:
                document.set_layer(key, replace(document.layers[key], style=style))

        self._change("Surfaces" if style == "surface" else "Chicken wire", change)

    def set_link(self, field: str, on: bool) -> None:
        """Link "camera", "cursor" or "levels" of the views, or no longer."""
        links = replace(self._document.links, **{field: on})
        words = "Link" if on else "Unlink"
        self._change(f"{words} {_LINK_NAMES[field]}", lambda: self._document.set_links(links))

    def set_show_aligned(self, aligned: bool) -> None:
        """Show the prediction moved onto the truth, or as it is."""
        self._change(
            "Show aligned to the truth" if aligned else "Show as predicted",
            lambda: self._document.set_show_aligned(aligned),
        )

    def set_show_difference(self, shown: bool) -> None:
        """Show the prediction minus the truth, or the truth."""
        self._change(
            "Show predicted − true" if shown else "Show the truth",
            lambda: self._document.set_show_difference(shown),
        )

    def set_colour_by_correlation(self, on: bool) -> None:
        """Colour the prediction by its local correlation with the truth, or in one colour."""
        self._change(
            "Colour by local correlation" if on else "Colour by layer",
            lambda: self._document.set_colour_by_correlation(on),
        )

    def set_patterson(self, settings: PattersonSettings) -> None:
        """Compute the Patterson map with other settings."""
        self._change(
            "Patterson settings", lambda: self._update_patterson(settings), "patterson settings"
        )

    def set_shown_part(self, part: ShownPart) -> None:
        """Draw another part of the crystal."""
        self._change(
            "Part of the crystal", lambda: self._document.set_shown_part(part), "shown part"
        )

    def _change(
        self, name: str, change: Callable[[], object], group: Hashable | None = None
    ) -> None:
        before = ViewSettings.of(self._document)
        change()
        after = ViewSettings.of(self._document)
        if before != after:
            self._history.add(
                name,
                lambda: self._go_to(before, instead_of=after),
                lambda: self._go_to(after, instead_of=before),
                group=group,
            )

    def _go_to(self, settings: ViewSettings, *, instead_of: ViewSettings) -> None:
        """Apply what differs; what was changed since by the program stays."""
        document = self._document
        if settings.links != instead_of.links:
            document.set_links(settings.links)
        for key, layer in settings.layers.items():
            if layer != instead_of.layers[key]:
                document.set_layer(key, layer)
        if settings.added != instead_of.added:
            document.set_added(settings.added)
        if settings.show_aligned != instead_of.show_aligned:
            document.set_show_aligned(settings.show_aligned)
        if settings.show_difference != instead_of.show_difference:
            document.set_show_difference(settings.show_difference)
        if settings.colour_by_correlation != instead_of.colour_by_correlation:
            document.set_colour_by_correlation(settings.colour_by_correlation)
        if settings.patterson != instead_of.patterson:
            self._update_patterson(settings.patterson)
        if settings.part != instead_of.part:
            document.set_shown_part(settings.part)
