// A canvas that writes SVG: as much of its 2D context as the timing diagram draws with.

import { FONT } from "./draw";

const RULER = document.createElement("canvas").getContext("2d")!;
const ANCHORS: Record<string, string> = { left: "start", right: "end", center: "middle" };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
const n = (x: number): string => String(Math.round(x * 100) / 100);

interface Pattern { id: string }
interface State { fillStyle: string | Pattern; strokeStyle: string; lineWidth: number; font: string; textAlign: string; globalAlpha: number; clip: string; dash: number[] }

class SvgContext {
  readonly parts: string[] = [];
  readonly defs: string[] = [];
  fillStyle: string | Pattern = "#000";
  strokeStyle = "#000";
  lineWidth = 1;
  font = FONT;
  textAlign = "left";
  globalAlpha = 1;
  private clipped = "";
  private dash: number[] = [];
  private path = "";
  private kept: State[] = [];
  private patterns = new Map<string, Pattern>();

  save(): void {
    const { fillStyle, strokeStyle, lineWidth, font, textAlign, globalAlpha, clipped: clip, dash } = this;
    this.kept.push({ fillStyle, strokeStyle, lineWidth, font, textAlign, globalAlpha, clip, dash });
  }
  restore(): void {
    const { clip, ...state } = this.kept.pop()!;
    Object.assign(this, state, { clipped: clip });
  }
  beginPath(): void { this.path = ""; }
  moveTo(x: number, y: number): void { this.path += `M${n(x)} ${n(y)}`; }
  lineTo(x: number, y: number): void { this.path += `L${n(x)} ${n(y)}`; }
  closePath(): void { this.path += "Z"; }
  rect(x: number, y: number, w: number, h: number): void { this.path += `M${n(x)} ${n(y)}h${n(w)}v${n(h)}h${n(-w)}Z`; }
  clip(): void {
    const id = `c${this.defs.length}`;
    this.defs.push(`<clipPath id="${id}"><path d="${this.path}"${this.within()}/></clipPath>`);
    this.clipped = id;
  }
  private within(): string { return this.clipped ? ` clip-path="url(#${this.clipped})"` : ""; }
  private paint(): string { return typeof this.fillStyle === "string" ? this.fillStyle.trim() : `url(#${this.fillStyle.id})`; }
  private put(shape: string): void {
    this.parts.push(`${shape}${this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : ""}${this.within()}/>`);
  }
  private line(): string {
    return `fill="none" stroke="${this.strokeStyle.trim()}" stroke-width="${this.lineWidth}"${this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : ""}`;
  }
  fill(): void { this.put(`<path d="${this.path}" fill="${this.paint()}"`); }
  stroke(): void { this.put(`<path d="${this.path}" ${this.line()}`); }
  fillRect(x: number, y: number, w: number, h: number): void { this.put(`<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" fill="${this.paint()}"`); }
  strokeRect(x: number, y: number, w: number, h: number): void { this.put(`<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" ${this.line()}`); }
  setLineDash(dash: number[]): void { this.dash = dash; }
  measureText(text: string): TextMetrics {
    RULER.font = this.font;
    return RULER.measureText(text);
  }
  fillText(text: string, x: number, y: number): void {
    this.parts.push(`<text x="${n(x)}" y="${n(y)}" fill="${this.paint()}" style="font:${escaped(this.font)}" text-anchor="${ANCHORS[this.textAlign] ?? "start"}"${this.within()}>${escaped(text)}</text>`);
  }
  createPattern(tile: HTMLCanvasElement): Pattern {
    const data = tile.toDataURL();
    const known = this.patterns.get(data);
    if (known) return known;
    const pattern = { id: `p${this.defs.length}` };
    this.defs.push(`<pattern id="${pattern.id}" width="${tile.width}" height="${tile.height}" patternUnits="userSpaceOnUse"><image href="${data}" width="${tile.width}" height="${tile.height}"/></pattern>`);
    this.patterns.set(data, pattern);
    return pattern;
  }
}

// Returns as SVG what is drawn on a page of the colours that are shown.
export function drawnAsSvg(width: number, height: number, draw: (g: CanvasRenderingContext2D) => void): string {
  const g = new SvgContext();
  const style = getComputedStyle(document.documentElement);
  g.fillStyle = style.getPropertyValue("--paper");
  g.fillRect(0, 0, width, height);
  draw(g as unknown as CanvasRenderingContext2D);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}"><defs>${g.defs.join("")}</defs>${g.parts.join("\n")}</svg>\n`;
}
