"""Print which OpenGL a window would get. Run as a program of its own, because Qt ends the
process when the display does not respond."""

import os
import sys


def describe() -> str:
    """Vendor, renderer and version, or why there is none."""
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    ):
        return "not available (no display)"
    from PyQt6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

    application = QGuiApplication(sys.argv[:1])
    context = QOpenGLContext()
    surface = QOffscreenSurface()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return "not available (the display offers no OpenGL)"
    from OpenGL import GL

    words = [GL.glGetString(name) for name in (GL.GL_RENDERER, GL.GL_VERSION)]
    context.doneCurrent()
    application.quit()
    return ", ".join(word.decode(errors="replace") for word in words if word)


if __name__ == "__main__":
    print(describe())
