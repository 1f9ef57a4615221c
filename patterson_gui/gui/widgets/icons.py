"""Icons from a font inside a package: they need no network."""

import qtawesome
from PyQt6.QtGui import QIcon

from patterson_gui.gui.widgets import theme

# Name of an icon, and its glyph.
NAMES = {
    "open": "mdi6.folder-open-outline",
    "save": "mdi6.content-save-outline",
    "picture": "mdi6.image-outline",
    "fragment": "mdi6.content-cut",
    "predict": "mdi6.play",
    "solve": "mdi6.molecule",
    "cancel": "mdi6.stop",
    "train": "mdi6.creation-outline",
    "send": "mdi6.send-outline",
    "links": "mdi6.link-variant",
    "links-off": "mdi6.link-variant-off",
    "camera": "mdi6.rotate-3d-variant",
    "cursor": "mdi6.crosshairs",
    "levels": "mdi6.tune-variant",
    "home": "mdi6.home-outline",
    "maximise": "mdi6.arrow-expand",
    "restore": "mdi6.arrow-collapse",
    "settings": "mdi6.cog-outline",
    "layers": "mdi6.layers-outline",
    "peaks": "mdi6.map-marker-multiple-outline",
    "model": "mdi6.molecule",
    "map": "mdi6.cube-scan",
    "statistics": "mdi6.chart-line",
    "jobs": "mdi6.progress-clock",
    "log": "mdi6.text-box-outline",
    "visible": "mdi6.eye-outline",
    "hidden": "mdi6.eye-off-outline",
    "copy": "mdi6.content-copy",
    "close": "mdi6.close",
    "info": "mdi6.information-outline",
    "good": "mdi6.check-circle-outline",
    "warning": "mdi6.alert-outline",
    "error": "mdi6.alert-circle-outline",
    "theme": "mdi6.theme-light-dark",
    "app": "mdi6.cube-outline",
    "explore": "mdi6.compass-outline",
    "known": "mdi6.book-open-variant",
    "undo": "mdi6.undo",
    "redo": "mdi6.redo",
    "swap": "mdi6.swap-horizontal",
    "undecided": "mdi6.help-circle-outline",
    "density": "mdi6.cloud-outline",
    "window": "mdi6.application-outline",
    "back": "mdi6.arrow-left",
    "forward": "mdi6.arrow-right",
    "parent": "mdi6.arrow-up",
    "new-folder": "mdi6.folder-plus-outline",
    "list": "mdi6.view-list-outline",
    "details": "mdi6.view-headline",
    "surface": "mdi6.sphere",
    "more": "mdi6.dots-vertical",
}


def icon(name: str, colour: str | None = None) -> QIcon:
    """The icon of a name in `NAMES`, in the theme's text colour unless another is given."""
    look = theme.current()
    return qtawesome.icon(
        NAMES[name],
        color=colour or look.text,
        color_disabled=look.border if look.name == "dark" else "#b3bac3",
        color_active=colour or look.text,
    )
