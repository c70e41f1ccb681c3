# ruff: noqa: E501
"""The GLSL programs of :mod:`.render`. Camera space is OpenCV's (x right, y down, z forward), in mm."""

_VERSION = "#version 330\n"

_COMMON = """
#version 330
uniform sampler3D noise_map;  // 32 random values a side, RGBA, repeated
vec4 noises(vec3 p) { return texture(noise_map, p / 32.0); }
"""

_LIGHT = """
uniform vec3 sky, ground, sun, sun_colour, fill, fill_colour, up;
uniform mat4 shadow_from_camera;
uniform sampler2DShadow shadow_map;
uniform float exposure, shadow_strength;
float lit(vec3 p, vec3 n) {
    vec4 s = shadow_from_camera * vec4(p + n * 12.0, 1.0);
    vec3 c = s.xyz * 0.5 + 0.5; c.z -= 0.002;
    if (any(lessThan(c, vec3(0.0))) || any(greaterThan(c, vec3(1.0)))) return 1.0;
    return mix(1.0, texture(shadow_map, c), shadow_strength);  // the mean of four texels
}
vec3 shade(vec3 albedo, vec3 p, vec3 n, float gloss, float wrap) {
    vec3 v = normalize(-p);
    if (dot(n, v) < 0.0) n = normalize(n - 1.02 * dot(n, v) * v);
    vec3 light = mix(ground, sky, dot(n, up) * 0.5 + 0.5);
    float d = max((dot(n, sun) + wrap) / (1.0 + wrap), 0.0);
    float s = d > 0.0 ? lit(p, n) : 0.0;
    light += sun_colour * d * s + fill_colour * max(dot(n, fill), 0.0);
    vec3 h = normalize(sun + v);
    float fresnel = pow(1.0 - max(dot(n, v), 0.0), 4.0);
    return albedo * light + gloss * (sun_colour * s * pow(max(dot(n, h), 0.0), 30.0) + 0.5 * sky * fresnel);
}
vec4 develop(vec3 c) { c *= exposure; c = c * (1.0 + c * 0.12) / (1.0 + c * 0.45); return vec4(pow(clamp(c, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0); }
"""

_PROJECT = """
uniform vec4 lens;   // fx, fy, cx, cy
uniform vec2 frame;  // width, height
vec4 project(vec3 p) {
    vec2 ndc = 2.0 * (lens.xy * p.xy + (lens.zw + 0.5) * p.z) / frame - vec2(p.z);
    float near = 60.0, far = 120000.0;
    return vec4(ndc, (p.z * (far + near) - 2.0 * far * near) / (far - near), p.z);
}
"""

PERSON_VERTEX = (
    _VERSION
    + _PROJECT
    + """
in vec3 position, normal, place, limb;
out vec3 p, n, q, l;
invariant gl_Position;
void main() { p = position; n = normal; q = place; l = limb; gl_Position = project(position); }
"""
)

PERSON_FRAGMENT = (
    _COMMON
    + _LIGHT
    + """
in vec3 p, n, q, l;
uniform vec4 outfit[12];
uniform vec3 head, knee_ankle_neck;
out vec4 colour;
vec3 pattern(vec4 a, vec4 b, vec3 q, vec4 cloud, vec4 fine) {
    float s = b.w, k = a.w, m = 0.0;
    float along = l.x > 0.0 ? l.x * 0.28 : q.z;
    float across = l.x > 0.0 ? atan(q.y, q.z) * 0.1 : q.x;
    if (k < 0.5) m = 0.0;
    else if (k < 1.5) m = step(0.5, fract(along * 14.0 * s));
    else if (k < 2.5) m = step(0.6, fract(across * 18.0 * s));
    else if (k < 3.5) m = 0.5 * (step(0.6, fract(along * 12.0 * s)) + step(0.6, fract(across * 12.0 * s)));
    else if (k < 4.5) m = 1.0 - smoothstep(0.25, 0.3, length(fract(vec2(along, across) * 16.0 * s) - 0.5));
    else if (k < 5.5) m = smoothstep(0.42, 0.58, s > 1.5 ? fine.r : cloud.r);
    else if (k < 6.5) m = (q.y < 0.0 && l.x < 0.0 && length(vec2(q.x, q.z - 0.28) * vec2(1.0, 0.8)) < 0.05 + 0.05 * s / 2.5) ? step(0.45, fine.r) : 0.0;
    else if (k < 7.5) {  // one or two figures of blocks on chest and back
        vec2 cell = vec2(q.x * sign(-q.y) / 0.022, (q.z - 0.2) / 0.030);
        float at = s > 1.5 ? abs(cell.x + 0.0) - 0.35 : cell.x + 1.5;
        bool in_figure = at > 0.0 && at < 3.0 && cell.y > 0.0 && cell.y < 5.0 && l.x < 0.0;
        vec2 block = vec2(floor(at) + 3.0 * step(0.0, cell.x), floor(cell.y));
        m = in_figure && (mod(block.y, 4.0) < 0.5 || fract(sin(dot(block, vec2(12.99, 78.23)) + floor(s * 40.0)) * 4375.85) > 0.45) ? 1.0 : 0.0;
    }
    else m = l.x > 0.0 ? step(0.0, q.z) * step(0.75, fract(l.x * 2.0)) : step(0.115 + 0.02 * s, abs(q.x));
    return mix(a.rgb, b.rgb, m);
}
void main() {
    vec4 skin = outfit[0], hair = outfit[1], edges = outfit[11];
    float seed = skin.w, gloss = 0.04, wrap = 0.25, bump = 0.04;
    vec4 cloud = noises(q * vec3(22.0, 22.0, 13.0) + seed), fine = noises(q * vec3(58.0, 58.0, 34.0) + seed);
    vec4 fibre = noises(vec3(q.xy * 160.0, q.z * 30.0) + seed);
    vec3 c = skin.rgb * (0.88 + 0.24 * cloud.r);
    vec3 h = (q - head) / vec3(0.075, 0.095, 0.115);
    bool face = l.z > 0.5;
    if (face) {
        float flush = exp(-8.0 * dot(h.xz - vec2(0, -0.05), h.xz - vec2(0, -0.05))) * step(h.y, 0.0);
        c *= mix(vec3(1), vec3(1.08, 0.9, 0.88), flush);
        vec2 mouth = (h.xz - vec2(0.0, -0.58)) / vec2(0.34, 0.08);
        if (h.y < -0.5 && dot(mouth, mouth) < 1.0) c = mix(c, skin.rgb * vec3(0.75, 0.4, 0.4), 0.75);
        vec2 brow = (vec2(abs(h.x), h.z) - vec2(0.42, 0.26 )) / vec2(0.24, 0.045);
        if (h.y < -0.4 && dot(brow, brow) < 1.0) c = mix(c, hair.rgb, 0.75);
        // Hair: above a line that falls from the forehead to the nape.
        float jag = 0.12 * (fine.r - 0.5);
        float line = h.y < 0.1 ? 0.5 - 0.2 * h.y * h.y - 0.25 * abs(h.x) * (1.0 + h.y) : mix(0.5, -0.45 - 0.6 * max(hair.w, 0.0), min((h.y - 0.1) * 2.2, 1.0));
        if (hair.w > -0.8 && h.z > line + jag) {
            c = hair.rgb * (0.6 + 0.8 * fibre.r); gloss = 0.10; bump = 0.3;
        }
        if (edges.z > 0.5 && h.z > 0.45 - 0.1 * h.y) { c = outfit[9].rgb; gloss = 0.02; bump = 0.05; }
        if (l.y > 0.5) { c = vec3(0.34, 0.32, 0.30); gloss = 0.2; bump = 0.0;
            vec2 e = (vec2(abs(h.x), h.z) - vec2(0.39, 0.02)); if (dot(e, e) < 0.013) c = vec3(0.04, 0.025, 0.015); }
    }
    float arm = l.x;
    bool on_arm = arm > 0.0;
    float neck = outfit[4].x - (q.y < 0.0 ? edges.y * max(0.0, 1.0 - abs(q.x) / 0.09) : 0.0);
    float wave = 0.006 * (cloud.r - 0.5);
    bool cloth = false;
    if (!on_arm && q.z < outfit[7].x && q.z > outfit[7].y + wave) { c = pattern(outfit[5], outfit[6], q, cloud, fine); cloth = true; }
    if (on_arm ? arm < edges.x + wave * 3.0 : (q.z < neck && q.z > outfit[4].y + wave)) { c = pattern(outfit[2], outfit[3], q, cloud, fine); cloth = true; }
    if (!on_arm && q.z < outfit[10].x) { c = q.z < knee_ankle_neck.y - 0.065 ? outfit[9].rgb : outfit[8].rgb; gloss = 0.06; bump = 0.0; }
    if (cloth) { gloss = 0.015; wrap = 0.1; bump = 0.55; c *= 0.9 + 0.2 * fibre.a; }
    vec3 m = normalize(n);
    if (bump > 0.0) {
        m = normalize(m + bump * (cloud.gba - 0.5) + bump * 0.5 * (fine.gba - 0.5));
    }
    colour = develop(shade(c, p, m, gloss, wrap));
}
"""
)

THING_VERTEX = (
    _VERSION
    + _PROJECT
    + """
in vec3 position, normal, place;
out vec3 p, n, q;
invariant gl_Position;
void main() { p = position; n = normal; q = place; gl_Position = project(position); }
"""
)

THING_FRAGMENT = (
    _COMMON
    + _LIGHT
    + """
in vec3 p, n, q;
uniform vec4 colours[2];  // rgb + pattern, rgb + scale (1 / mm)
out vec4 colour;
void main() {
    float k = colours[0].w, s = colours[1].w, m = 0.0;
    vec3 u = q * s;
    vec4 grain = noises(u * (k > 2.5 && k < 3.5 ? vec3(3.0) : k > 1.5 && k < 2.5 ? vec3(9.0, 1.0, 1.0) : vec3(0.7)));
    if (k < 0.5) m = grain.r * 0.5;
    else if (k < 1.5) m = mod(floor(u.x + 0.001) + floor(u.y + 0.001) + floor(u.z + 0.001), 2.0);
    else if (k < 2.5) { float board = fract(sin(floor(u.x) * 12.99) * 4375.85); m = 0.5 * fract(sin(floor(u.y * 0.15 + 7.0 * board) * 78.23 + board) * 4375.85) + 0.6 * step(0.95, fract(u.x)) + 0.2 * grain.r; }
    else if (k < 3.5) m = grain.r * 0.6 + noises(u * 11.0).r * 0.4;
    else m = max(step(0.94, fract(u.x)), max(step(0.94, fract(u.y)), step(0.94, fract(u.z + 0.001)))) + 0.15 * grain.g;
    float far = smoothstep(0.3, 1.5, length(fwidth(u)));
    m = mix(m, 0.3, far);
    vec3 c = mix(colours[0].rgb, colours[1].rgb, m) * (0.9 + 0.2 * grain.b);
    colour = develop(shade(c, p, normalize(n), 0.02, 0.0));
}
"""
)

LABEL_VERTEX = (
    _VERSION
    + _PROJECT
    + "in vec3 position; out float z; invariant gl_Position; void main() { z = position.z; gl_Position = project(position); }"
)
LABEL_FRAGMENT = (
    "#version 330\nin float z; uniform float label; out vec2 value; void main() { value = vec2(label, z); }"
)

SHADOW_VERTEX = (
    "#version 330\nin vec3 position; uniform mat4 shadow_from_camera;"
    "void main() { gl_Position = shadow_from_camera * vec4(position, 1.0); }"
)
SHADOW_FRAGMENT = "#version 330\nvoid main() {}"

BACKDROP_VERTEX = "#version 330\nin vec2 corner; out vec2 t; void main() { t = corner * 0.5 + 0.5; gl_Position = vec4(corner, 0.99999, 1.0); }"
BACKDROP_FRAGMENT = (
    "#version 330\nin vec2 t; uniform sampler2D picture; out vec4 colour; void main() { colour = texture(picture, t); }"
)
