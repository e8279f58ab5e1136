// Numbers, icons, and canvases that several panels share.
import { LitElement, svg, type TemplateResult } from "lit";
import { store, type Topic } from "./store";

// A panel in the page's own tree, so that one style sheet serves all; it redraws when a topic changes.
export class Panel extends LitElement {
  static topics: Topic[] = [];
  private leave: () => void = () => {};
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
  override connectedCallback(): void {
    super.connectedCallback();
    this.leave = store.on((this.constructor as typeof Panel).topics, () => this.requestUpdate());
  }
  override disconnectedCallback(): void {
    this.leave();
    super.disconnectedCallback();
  }
}

export const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
export const ms = (ns: number, digits = 3): string => (ns / 1e6).toFixed(digits);

// Whole numbers in groups of three.
export const grouped = (x: number): string => Math.round(x).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");

// A number as people write it: at most seven digits.
export function short(x: number): string {
  return Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(7)));
}

export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export const FONT = '11.5px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
export const MONO = '10.5px ui-monospace, "DejaVu Sans Mono", monospace';

// Fits a canvas to its place and clears it; sizes are in CSS pixels.
export function fitted(canvas: HTMLCanvasElement): [CanvasRenderingContext2D, number, number] {
  const { width, height } = canvas.getBoundingClientRect();
  const k = devicePixelRatio || 1;
  const [w, h] = [Math.max(1, Math.round(width * k)), Math.max(1, Math.round(height * k))];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const g = canvas.getContext("2d")!;
  g.setTransform(k, 0, 0, k, 0, 0);
  g.clearRect(0, 0, width, height);
  g.font = FONT;
  g.lineWidth = 1;
  return [g, width, height];
}

export function hatch(g: CanvasRenderingContext2D, ink: string, rising = true, gap = 6): CanvasPattern {
  const tile = document.createElement("canvas");
  tile.width = tile.height = gap;
  const t = tile.getContext("2d")!;
  t.strokeStyle = ink;
  t.lineWidth = 1.5;
  t.beginPath();
  for (const o of [-gap, 0, gap]) {
    t.moveTo(o, rising ? gap : 0);
    t.lineTo(o + gap, rising ? 0 : gap);
  }
  t.stroke();
  return g.createPattern(tile, "repeat")!;
}

const SHAPES: Record<string, TemplateResult> = {
  ok: svg`<circle cx="9" cy="9" r="7" fill="none" stroke="var(--pass)" stroke-width="2"/><path d="M5.5 9l2.5 2.5 4.5-5" fill="none" stroke="var(--pass)" stroke-width="2"/>`,
  warn: svg`<path d="M9 2L17 16H1z" fill="none" stroke="var(--open)" stroke-width="2" stroke-linejoin="round"/><path d="M9 7v4M9 13v1.6" stroke="var(--open)" stroke-width="2"/>`,
  bad: svg`<path d="M2 3H16L9 16z" fill="var(--fail)"/>`,
  info: svg`<path d="M2 14V9M7 14V4M12 14V7M17 14V2" stroke="var(--accent)" stroke-width="3"/>`,
  lock: svg`<rect x="4" y="8" width="10" height="8" rx="1.5" fill="currentColor"/><path d="M6 8V5.5a3 3 0 016 0V8" fill="none" stroke="currentColor" stroke-width="1.8"/>`,
};
export const icon = (kind: string, label = ""): TemplateResult =>
  svg`<svg viewBox="0 0 18 18" class="icon ${kind}" role="img" aria-hidden=${label ? "false" : "true"} aria-label=${label}>${SHAPES[kind]}</svg>`;
