"""The shaders, in GLSL 1.10 so that they run on old graphics systems."""

_VERTEX = """
uniform mat4 u_clip;
attribute vec3 a_point;
varying float v_depth;
#ifdef COLOURED
attribute vec3 a_colour;
varying vec3 v_colour;
#endif
#ifdef LIT
uniform mat3 u_eye;
attribute vec3 a_normal;
varying vec3 v_normal;
#endif
#ifdef WIDE
uniform vec2 u_size;
uniform float u_width;
attribute vec3 a_other;
attribute float a_side;
#endif
void main() {
    gl_Position = u_clip * vec4(a_point, 1.0);
    v_depth = gl_Position.w;
#ifdef WIDE
    // A corner of a rectangle in the plane of the picture: aside from the line, and beyond its end
    // by half the width, so that lines that meet leave no gap.
    vec4 other = u_clip * vec4(a_other, 1.0);
    vec2 along = (other.xy / other.w - gl_Position.xy / gl_Position.w) * u_size;
    along /= max(length(along), 1e-6);
    vec2 aside = vec2(-along.y, along.x);
    gl_Position.xy += (a_side * aside - along) * (u_width / u_size) * gl_Position.w;
#endif
#ifdef COLOURED
    v_colour = a_colour;
#endif
#ifdef LIT
    v_normal = u_eye * a_normal;
#endif
}
"""

_FRAGMENT = """
uniform vec3 u_background;
uniform vec3 u_fog;
uniform float u_opacity;
uniform float u_clear;
varying float v_depth;
#ifdef COLOURED
varying vec3 v_colour;
#else
uniform vec3 u_colour;
#endif
#ifdef LIT
varying vec3 v_normal;
#endif
void main() {
#ifdef COLOURED
    vec3 colour = v_colour;
#else
    vec3 colour = u_colour;
#endif
#ifdef LIT
    vec3 normal = normalize(v_normal);
    // Both sides of a surface are lit.
    normal *= normal.z < 0.0 ? -1.0 : 1.0;
    float light = 0.42 + 0.58 * max(dot(normal, vec3(-0.32, 0.42, 0.849)), 0.0);
    float gloss = pow(max(dot(normal, vec3(-0.17, 0.22, 0.961)), 0.0), 40.0);
    colour = colour * light + vec3(0.22 * gloss);
#endif
    float fog = clamp((v_depth - u_fog.x) / (u_fog.y - u_fog.x), 0.0, 1.0) * u_fog.z;
    // Of a clear picture, what the fog hides is transparent; colours are multiplied by alpha.
    float alpha = u_opacity * (1.0 - fog);
    gl_FragColor = mix(vec4(mix(colour, u_background, fog), u_opacity),
                       vec4(colour * alpha, alpha), u_clear);
}
"""


def source(*, lit: bool, coloured: bool, wide: bool = False) -> tuple[str, str]:
    """Vertex and fragment shader for lit surfaces or plain lines, of one colour or with a
    colour for each point; `wide`: for lines as rectangles."""
    names = {"LIT": lit, "COLOURED": coloured, "WIDE": wide}
    head = "".join(f"#define {name}\n" for name, on in names.items() if on)
    return head + _VERTEX, head + _FRAGMENT
