"""Draw a scene with OpenGL into an image. Used in the render thread only.

Every OpenGL function is called through ctypes, because ctypes lets other threads run while
the graphics driver works; Qt's own functions would block them for a whole frame.
"""

import ctypes
import time
from collections.abc import Callable
from typing import Any
from weakref import ref

import numpy as np
from PyQt6.QtGui import QImage, QOpenGLContext
from vispy import gloo
from vispy.gloo import gl
from vispy.gloo.context import FakeCanvas

from patterson_gui.gui.rendering import shaders
from patterson_gui.gui.rendering.camera import Size
from patterson_gui.gui.rendering.scene import FrameRequest, Geometry, Part, Shape, Tile
from patterson_gui.gui.rendering.wide_lines import wide_lines

SAMPLES = 4
FOG_STRENGTH = 0.75
# Pixels; wider lines of figures are drawn as rectangles, because drivers limit the width of lines,
# some to one pixel, and leave gaps where wide ones meet.
WIDEST_LINE = 1.5

# Indices drawn at once; between two such pieces a picture can be given up.
PIECE = 60_000

# Frame buffers of a size are kept for the next picture: this many, this much, this long.
MOST_TARGETS, MOST_MB, LONGEST_UNUSED = 6, 128.0, 10.0  # –, MB, s

_READ_FRAMEBUFFER, _DRAW_FRAMEBUFFER = 0x8CA8, 0x8CA9
_RGBA8, _DEPTH24, _BGRA, _MULTISAMPLE = 0x8058, 0x81A6, 0x80E1, 0x809D
_MAX_SAMPLES = 0x8D57


class GraphicsError(Exception):
    """OpenGL is missing or cannot do what is needed."""


class GivenUpError(Exception):
    """The picture is not wanted any more."""


class Target:
    """Frame buffers of one size: one to draw in, one to read from."""

    def __init__(self, size: tuple[int, int], samples: int, calls: "_Calls") -> None:
        self.size = size
        self.samples = samples
        self.last_used = 0.0  # s, of the monotonic clock
        self._made: list[tuple[Callable[[int], None], int]] = []
        self.drawn = self._framebuffer(samples, calls, with_depth=True)
        self.read = self._framebuffer(0, calls, with_depth=False) if samples else self.drawn

    def _framebuffer(self, samples: int, calls: "_Calls", *, with_depth: bool) -> int:
        framebuffer = gl.glCreateFramebuffer()
        self._made.append((gl.glDeleteFramebuffer, framebuffer))
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, framebuffer)
        layers = [(gl.GL_COLOR_ATTACHMENT0, _RGBA8)]
        if with_depth:
            layers.append((gl.GL_DEPTH_ATTACHMENT, _DEPTH24))
        for attachment, kind in layers:
            buffer = gl.glCreateRenderbuffer()
            self._made.append((gl.glDeleteRenderbuffer, buffer))
            gl.glBindRenderbuffer(gl.GL_RENDERBUFFER, buffer)
            if samples:
                calls.multisample_storage(gl.GL_RENDERBUFFER, samples, kind, *self.size)
            else:
                gl.glRenderbufferStorage(gl.GL_RENDERBUFFER, kind, *self.size)
            gl.glFramebufferRenderbuffer(gl.GL_FRAMEBUFFER, attachment, gl.GL_RENDERBUFFER, buffer)
        if gl.glCheckFramebufferStatus(gl.GL_FRAMEBUFFER) != gl.GL_FRAMEBUFFER_COMPLETE:
            raise GraphicsError("the graphics driver refuses a frame buffer")
        return int(framebuffer)

    @property
    def size_mb(self) -> float:
        """Memory of the frame buffers, MB: four bytes of colour and four of depth a sample."""
        each = 8 * self.samples + 4 if self.samples else 8
        return self.size[0] * self.size[1] * each / 1e6

    def delete(self) -> None:
        for delete, number in self._made:
            delete(number)
        self._made.clear()


class OpenGLDrawer:
    """OpenGL objects of one context, which must be current in the calling thread."""

    def __init__(self, context: QOpenGLContext) -> None:
        self._calls = _Calls(context)
        self._canvas = FakeCanvas()
        self._canvas.flush()  # the first binds the default frame buffer: not during a picture
        self._programs: dict[tuple[bool, bool, bool], Any] = {}
        self._buffers: dict[
            tuple[int, bool], tuple[ref[Geometry], dict[str, Any]]
        ] = {}  # by identity
        self._targets: dict[tuple[tuple[int, int], int], Target] = {}
        self._is_wanted: Callable[[], bool] | None = None
        most = int(gl.glGetParameter(_MAX_SAMPLES) or 0) if self._calls.can_multisample else 0
        self._samples = min(SAMPLES, most)
        self.description = (
            f"OpenGL {gl.glGetParameter(gl.GL_VERSION)}, {gl.glGetParameter(gl.GL_RENDERER)}"
        )

    def draw(self, frame: FrameRequest, is_wanted: Callable[[], bool] | None = None) -> QImage:
        """Draw a frame and return the finished image.

        `is_wanted` is asked between the pieces of a large picture.

        Raises
        ------
        GivenUpError : it was not wanted any more.
        """
        self._is_wanted = is_wanted
        self._free_unused()
        target = self._target(frame.rendered_size, self._samples if frame.fine else 0)
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, target.drawn)
        gl.glViewport(0, 0, *frame.rendered_size)
        gl.glClearColor(*((0.0,) * 4 if frame.clear else (*frame.scene.background, 1.0)))
        gl.glDepthMask(True)
        gl.glColorMask(True, True, True, True)  # a picture that was given up may have left it off
        gl.glClear(gl.GL_COLOR_BUFFER_BIT | gl.GL_DEPTH_BUFFER_BIT)
        gl.glEnable(gl.GL_DEPTH_TEST)
        gl.glDepthFunc(gl.GL_LEQUAL)
        gl.glDisable(gl.GL_BLEND)
        if target.samples:
            gl.glEnable(_MULTISAMPLE)
        scene = frame.scene
        bounds = scene.bounds
        clip = frame.camera.clip_matrix(frame.size, bounds.radius, bounds.centre, scene.slab)
        clip[1] *= -1.0  # images begin at the top, frame buffers at the bottom
        if frame.tile is not None:
            clip = _enlarged(clip, frame.size, frame.tile)
        # Colours of a clear picture are multiplied by their alpha in the shader, so that averages
        # over the samples of a pixel are right.
        factor = gl.GL_ONE if frame.clear else gl.GL_SRC_ALPHA
        alpha_factor = gl.GL_ONE_MINUS_SRC_ALPHA if frame.clear else gl.GL_ONE
        transparent = [part for part in scene.parts if part.opacity < 1.0]
        for part in scene.parts:
            if part.opacity >= 1.0:
                self._draw(part, frame, clip)
        for part in transparent:
            # First its depth alone, then its nearest layer over everything behind it.
            gl.glColorMask(False, False, False, False)
            self._draw(part, frame, clip)
            gl.glColorMask(True, True, True, True)
            gl.glEnable(gl.GL_BLEND)
            gl.glBlendFuncSeparate(factor, gl.GL_ONE_MINUS_SRC_ALPHA, gl.GL_ONE, alpha_factor)
            self._draw(part, frame, clip)
            gl.glDisable(gl.GL_BLEND)
        return self._read(target, clear=frame.clear)

    def free(self) -> None:
        """Free everything on the graphics device."""
        for target in self._targets.values():
            target.delete()
        self._targets.clear()
        self._buffers.clear()
        self._programs.clear()
        self._canvas.flush()

    def _free_unused(self) -> None:
        """Free the buffers of geometries that no longer exist.

        Not when the geometry goes: that may be in any thread, and vispy's list of commands is
        for one.
        """
        for key in [key for key, (geometry, _) in self._buffers.items() if geometry() is None]:
            del self._buffers[key]

    def _draw(self, part: Part, frame: FrameRequest, clip: np.ndarray) -> None:
        geometry = part.shown(fine=frame.fine)
        if len(geometry.indices) == 0:
            return
        lit = geometry.shape is Shape.TRIANGLES
        width = max(1.0, part.width * frame.ratio)
        wide = not lit and frame.tile is not None and width > WIDEST_LINE
        program = self._program(lit, geometry.colours is not None, wide)
        known, buffers = self._buffers.get((id(geometry), wide), (None, {}))
        if known is None or known() is not geometry:
            buffers = self._upload(geometry, wide)
        program["u_clip"] = np.ascontiguousarray(clip.T)
        program["u_background"] = frame.scene.background
        program["u_opacity"] = part.opacity
        program["u_clear"] = float(frame.clear)
        camera = frame.camera
        program["u_fog"] = (*_fog_range(frame), FOG_STRENGTH * part.fog)
        program["a_point"] = buffers["points"]
        if geometry.colours is None:
            program["u_colour"] = part.colour
        else:
            program["a_colour"] = buffers["colours"]
        if lit:
            program["a_normal"] = buffers["normals"]
            program["u_eye"] = np.ascontiguousarray(camera.matrix.T, dtype=np.float32)
        elif wide:
            program["a_other"], program["a_side"] = buffers["other"], buffers["side"]
            program["u_size"], program["u_width"] = frame.rendered_size, width
        else:
            gl.glLineWidth(width)
        for piece in buffers["indices"]:
            program.draw("triangles" if lit or wide else "lines", piece)
            self._canvas.flush()
            if self._is_wanted is not None and len(buffers["indices"]) > 1:
                gl.glFinish()
                if not self._is_wanted():
                    raise GivenUpError

    def _program(self, lit: bool, coloured: bool, wide: bool) -> Any:
        if (lit, coloured, wide) not in self._programs:
            source = shaders.source(lit=lit, coloured=coloured, wide=wide)
            self._programs[lit, coloured, wide] = gloo.Program(*source)
        return self._programs[lit, coloured, wide]

    def _upload(self, geometry: Geometry, wide: bool) -> dict[str, Any]:
        shape = wide_lines(geometry) if wide else geometry
        indices = np.ascontiguousarray(shape.indices.ravel(), np.uint32)
        pieces = [indices[start : start + PIECE] for start in range(0, len(indices), PIECE)]
        buffers: dict[str, Any] = {
            "points": gloo.VertexBuffer(np.ascontiguousarray(shape.points, np.float32)),
            "indices": [gloo.IndexBuffer(piece) for piece in pieces],
        }
        for name in ("normals", "colours", "other", "side"):
            values = getattr(shape, name, None)
            if values is not None:
                buffers[name] = gloo.VertexBuffer(np.ascontiguousarray(values, np.float32))
        self._buffers[id(geometry), wide] = (ref(geometry), buffers)
        return buffers

    def _target(self, size: tuple[int, int], samples: int) -> Target:
        """The frame buffers of a size; those of other sizes go where they are not needed."""
        key = (size, samples)
        target = self._targets.pop(key, None) or Target(size, samples, self._calls)
        target.last_used = time.monotonic()
        self._targets[key] = target  # the last used is the last
        while self._has_unneeded_target():
            self._targets.pop(next(iter(self._targets))).delete()
        return target

    def _has_unneeded_target(self) -> bool:
        targets = list(self._targets.values())
        # A view needs two: one for the picture while it moves, and one for the fine picture.
        too_large = len(targets) > 2 and sum(t.size_mb for t in targets) > MOST_MB
        unused = time.monotonic() - targets[0].last_used > LONGEST_UNUSED
        return len(targets) > 1 and (too_large or unused or len(targets) > MOST_TARGETS)

    def _read(self, target: Target, *, clear: bool) -> QImage:
        width, height = target.size
        if target.samples:
            gl.glBindFramebuffer(_READ_FRAMEBUFFER, target.drawn)
            gl.glBindFramebuffer(_DRAW_FRAMEBUFFER, target.read)
            box = (0, 0, width, height)
            self._calls.blit(*box, *box, gl.GL_COLOR_BUFFER_BIT, gl.GL_NEAREST)
            gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, target.read)
        kinds = QImage.Format
        kind = kinds.Format_ARGB32_Premultiplied if clear else kinds.Format_RGB32
        image = QImage(width, height, kind)
        pixels = image.bits()
        assert pixels is not None
        # Qt and the drivers both store pixels as BGRA: no conversion.
        self._calls.read_pixels(0, 0, width, height, _BGRA, gl.GL_UNSIGNED_BYTE, int(pixels))
        return image


def _enlarged(clip: np.ndarray, size: Size, tile: Tile) -> np.ndarray:
    """Clip coordinates that fill the view with one tile of a picture of `size`."""
    left, top, width, height = tile
    x, y = 2 * (left + width / 2) / size[0] - 1, 2 * (top + height / 2) / size[1] - 1
    clip = clip.copy()
    clip[0] = (clip[0] - x * clip[3]) * (size[0] / width)
    clip[1] = (clip[1] - y * clip[3]) * (size[1] / height)
    return clip


def _fog_range(frame: FrameRequest) -> tuple[float, float]:
    """Distances from the eye at which the fog begins and is thickest, Å.

    The fog spans the map or the model; close to it, the surroundings of the camera's target.
    """
    camera, bounds = frame.camera, frame.scene.fog_bounds
    offset = camera.matrix @ np.subtract(bounds.centre, camera.target)
    middle = camera.distance - float(offset[2])
    begin = max(middle - bounds.radius, camera.distance - 0.36 * camera.span)
    end = min(middle + bounds.radius, camera.distance + 0.52 * camera.span)
    near, far = camera.slab_depths(frame.scene.slab)
    begin, end = max(begin, near), min(end, far)
    return begin, max(end, begin + 0.1 * camera.span)


class _Calls:
    """OpenGL functions that vispy's common subset lacks."""

    def __init__(self, context: QOpenGLContext) -> None:
        prototype = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)
        whole, size = ctypes.c_uint, ctypes.c_int

        def find(name: bytes, *arguments: Any) -> Any:
            address = context.getProcAddress(name)
            return prototype(None, *arguments)(int(address)) if address else None

        self.multisample_storage = find(
            b"glRenderbufferStorageMultisample", whole, size, whole, size, size
        )
        self.blit = find(b"glBlitFramebuffer", *[size] * 8, whole, whole)
        self.read_pixels = find(
            b"glReadPixels", size, size, size, size, whole, whole, ctypes.c_void_p
        )
        if self.read_pixels is None:
            raise GraphicsError("the graphics driver lacks glReadPixels")

    @property
    def can_multisample(self) -> bool:
        return self.multisample_storage is not None and self.blit is not None
