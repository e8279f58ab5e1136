// The image on the graphics card: the preview, or raw codes as a texture of 16 bits, with window and overlays.
import type { Frame } from "./types";

const VERTEX = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID == 1 ? 3. : -1., gl_VertexID == 2 ? 3. : -1.), 0., 1.); }`;

// `map` is scale and origin of the image on the canvas, in device pixels from above; `part` the tile's place.
const FRAGMENT = `#version 300 es
precision highp float; precision highp int; precision highp usampler2D;
uniform sampler2D preview, mask; uniform usampler2D codes;
uniform vec3 map; uniform vec2 size; uniform vec4 part; uniform float high, white, low, top;
uniform bool raw, saturation, black; uniform vec3 hot, cold, stage;
out vec4 ink;
float hatched(float gap, float width, float way) { return step(mod(gl_FragCoord.x * way + gl_FragCoord.y, gap), width); }
void main() {
  vec2 at = vec2(gl_FragCoord.x - map.y, high - gl_FragCoord.y - map.z) / map.x;
  if (any(lessThan(at, vec2(0.))) || any(greaterThanEqual(at, size))) { ink = vec4(stage, 1.); return; }
  vec2 inside = at - part.xy;
  vec3 c; float full = 0.; float empty = 0.;
  if (raw && all(greaterThanEqual(inside, vec2(0.))) && all(lessThan(inside, part.zw))) {
    float code = float(texelFetch(codes, ivec2(inside), 0).r);
    c = vec3(clamp((code - low) / max(top - low, 1.), 0., 1.));
    full = code >= white ? 2. : 0.; empty = code == 0. ? 2. : 0.;
  } else {
    c = texture(preview, at / size).rgb;
    ivec2 cells = textureSize(mask, 0);
    int bits = int(texelFetch(mask, min(ivec2(at / size * vec2(cells)), cells - 1), 0).r * 255. + .5);
    full = float(bits & 3); empty = float(bits >> 2);
  }
  if (saturation && full > 0.) c = mix(c, hot, full > 1. ? mix(.25, .95, hatched(7., 2.6, 1.)) : .75 * hatched(4., 1.4, 1.));
  if (black && empty > 0.) c = mix(c, cold, empty > 1. ? mix(.25, .95, hatched(7., 2.6, -1.)) : .75 * hatched(4., 1.4, -1.));
  ink = vec4(c, 1.);
}`;

export interface View {
  scale: number; // device pixels a pixel of the image
  x: number; // of the image's corner, in device pixels
  y: number;
  low: number;
  top: number;
  saturation: boolean;
  black: boolean;
}

export class Painter {
  private gl: WebGL2RenderingContext;
  private program: WebGLProgram;
  private textures: WebGLTexture[];
  private part: [number, number, number, number] = [0, 0, 0, 0];

  constructor(private canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
    if (!gl) throw new Error("this browser has no WebGL 2");
    this.gl = gl;
    this.program = gl.createProgram()!;
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader) ?? "shader");
      gl.attachShader(this.program, shader);
    }
    gl.linkProgram(this.program);
    gl.useProgram(this.program);
    this.textures = [0, 1, 2].map((unit) => {
      const texture = gl.createTexture()!;
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      const filter = unit === 0 ? gl.LINEAR : gl.NEAREST;
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      gl.uniform1i(gl.getUniformLocation(this.program, ["preview", "mask", "codes"][unit]!), unit);
      return texture;
    });
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    this.upload(2, 1, 1, new Uint16Array(1));
  }

  preview(image: ImageBitmap, mask: ImageBitmap): void {
    const { gl } = this;
    for (const [unit, source] of [[0, image], [1, mask]] as const) {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, this.textures[unit]!);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, source);
    }
    this.part = [0, 0, 0, 0];
  }

  tile(x: number, y: number, w: number, h: number, codes: Uint16Array): void {
    this.upload(2, w, h, codes);
    this.part = [x, y, w, h];
  }

  private upload(unit: number, w: number, h: number, codes: Uint16Array): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, this.textures[unit]!);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16UI, w, h, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, codes);
  }

  draw(frame: Frame, view: View, colours: { hot: string; cold: string; stage: string }): void {
    const { gl, canvas } = this;
    const place = (name: string) => gl.getUniformLocation(this.program, name);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.uniform3f(place("map"), view.scale, view.x, view.y);
    gl.uniform2f(place("size"), frame.width, frame.height);
    gl.uniform4f(place("part"), ...this.part);
    gl.uniform1f(place("high"), canvas.height);
    gl.uniform1f(place("white"), frame.white);
    gl.uniform1f(place("low"), view.low);
    gl.uniform1f(place("top"), view.top);
    gl.uniform1i(place("raw"), Number(this.part[2] > 0));
    gl.uniform1i(place("saturation"), Number(view.saturation));
    gl.uniform1i(place("black"), Number(view.black));
    for (const [name, text] of Object.entries(colours)) gl.uniform3f(place(name), ...rgb(text));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}

function rgb(text: string): [number, number, number] {
  const number = parseInt(text.slice(1), 16);
  return [(number >> 16) / 255, ((number >> 8) & 255) / 255, (number & 255) / 255];
}
