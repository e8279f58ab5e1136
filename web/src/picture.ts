// The image: zoom and pan, raw values under the cursor, overlays, window and level, regions by mouse, files.
import { html, nothing, type TemplateResult } from "lit";
import { clamp, colour, fitted, FONT, grouped, hatch, MONO, Panel } from "./draw";
import { Painter } from "./gl";
import { act, download, store, toast, type Topic } from "./store";
import type { Frame } from "./types";

const STOPS = [0, 1, 2, 4, 8, 16, 32, 64];
const NUMBERS_FROM = 28; // CSS pixels a pixel from which its code is written into it
type Look = "raw" | "colour" | "noise";
const LOOKS: [Look, string, string][] = [["raw", "Raw", "codes as they were sent"], ["colour", "Colour", "developed, from the mosaic"], ["noise", "Noise", "a frame less the one before it"]];
type Mode = "look" | "region" | "measure";
interface Box { x: number; y: number; w: number; h: number }

class Picture extends Panel {
  static override topics: Topic[] = ["picture", "cursor", "theme", "twin"];
  zoom = 0; // CSS pixels a pixel of the image; 0: all of it fits
  cx = 0;
  cy = 0;
  mode: Mode = "look";
  saturation = true;
  black = false;
  low = 0;
  top: number | null = null;
  shown: Look = "raw";
  frames = 1; // of a burst
  options = false;
  saving = false;
  private at: [number, number] | null = null;
  private box: Box | null = null;
  private drag: { x: number; y: number; px: number; py: number } | null = null;
  private painter: Painter | null = null;
  private painted: unknown = null;
  private asking = false;
  private asked = "";
  private row = 0;
  private painting = 0; // counts the pictures that the painter got
  private drawn = "";

  override render(): TemplateResult {
    const { frame } = store;
    const zooms: [string, number][] = [["Fit", 0], ["1:1", 1], [this.zoom > 1 && this.zoom !== 32 ? `${this.zoom}:1` : "32:1", this.zoom > 1 ? this.zoom : 32]];
    return html`
      <div class="bar"><h2>Picture</h2>
        <span class="seg" role="group" aria-label="Zoom">${zooms.map(([name, zoom]) => html`<button class="btn" data-zoom=${zoom} aria-pressed=${this.zoom === zoom} ?disabled=${!frame} @click=${() => this.zoomTo(zoom)}>${name}</button>`)}</span>
        <button class="btn" id="saturation" aria-pressed=${this.saturation} title="Hatch saturated pixels" @click=${() => this.flip("saturation")}>Saturation</button>
        <button class="btn" id="region" aria-pressed=${this.mode === "region"} title="Draw Width, Height and offsets" ?disabled=${!frame} @click=${() => this.turn("region")}>Region</button>
        <button class="btn" id="view" aria-expanded=${this.options} @click=${() => this.flip("options")}>View…</button><span class="grow"></span>
        <button class="btn" id="save" aria-expanded=${this.saving} ?disabled=${!frame} @click=${() => this.flip("saving")}>Save…</button></div>
      <div class="stage"><canvas id="raw"></canvas><canvas id="pic" tabindex="0" role="application"
          aria-label="Image. Arrow keys move the pixel cursor, plus and minus zoom."></canvas>
        ${this.options ? this.viewBox() : nothing}${this.saving ? this.saveBox() : nothing}
        ${frame ? nothing : html`<div class="empty"><h3>${store.acquiring ? "The first frame is on its way" : "No frame yet"}</h3>
          ${store.acquiring ? html`<progress aria-label="First frame"></progress><p class="dim">The first one takes some seconds: the scene is prepared.</p>` : html`<p class="dim">Start the camera in the status line below.</p>`}</div>`}</div>
      <div class="probe" id="probe" aria-live="polite">${this.probe()}</div>`;
  }

  private flip(name: "saturation" | "options" | "saving"): void {
    this[name] = !this[name];
    if (name === "options") this.saving = false;
    if (name === "saving") this.options = false;
    this.requestUpdate();
  }

  private turn(mode: Mode): void {
    this.mode = store.area = this.mode === mode ? "look" : mode;
    store.say("area");
    this.box = null;
    this.requestUpdate();
  }

  private probe(): TemplateResult {
    const { cursor, frame } = store;
    if (!frame) return html`<span class="dim">Point at a pixel for its raw value</span>`;
    if (!cursor) return html`<span class="dim">frame ${frame.id}, ${frame.width} x ${frame.height} ${frame.format}: point at a pixel for its raw value</span>`;
    const { electrons } = cursor;
    return html`<span class="dim" id="at">x ${cursor.x} y ${cursor.y}</span><b id="dn">${cursor.dn} DN</b>
      ${electrons === null ? html`<span class="dim">no electrons: ${frame.no_electrons}</span>` : html`<b id="electrons">${cursor.saturated ? "≥ " : ""}${grouped(electrons)} e⁻</b>`}
      ${cursor.saturated ? html`<span class="flag" title="the true value is unknown">▨ saturated</span>` : electrons === null ? nothing : html`<span class="dim">± ${Math.sqrt(Math.max(electrons, 0)).toFixed(0)} e⁻ shot noise${frame.assumed ? " (gain assumed)" : ""}</span>`}
      <span class="grow"></span><span class="dim">frame ${cursor.frame}</span>`;
  }

  private viewBox(): TemplateResult {
    const white = store.frame?.white ?? 255;
    const slider = (id: string, label: string, value: number, set: (value: number) => void) => html`<label><span>${label}</span>
      <input type="range" id=${id} min="0" max=${white} .value=${String(value)} @input=${(event: Event) => set(Number((event.target as HTMLInputElement).value))}><output>${value} DN</output></label>`;
    return html`<div class="pop" id="viewbox">
      <span class="seg" role="group" aria-label="Show as">${LOOKS.map(([look, name, more]) => html`<button class="btn small" data-look=${look} title=${more} aria-pressed=${this.shown === look} ?disabled=${look === "colour" && !store.frame?.mosaic} @click=${() => this.showAs(look)}>${name}</button>`)}</span>
      ${this.shown === "colour" ? html`<span class="dim">${store.frame?.coloured || this.zoom ? "raw from 1:1 on; colours of the sensor's data sheet" : "computing the colours of this sensor: some seconds, once"}</span>` : nothing}
      ${this.shown === "noise" ? html`<span class="dim">${store.frame?.noise ? `frame ${store.frame.id} − frame ${store.frame.noise.before}, grey is no difference` : "two frames with the same settings are needed"}</span>` : nothing}
      ${slider("low", "Black at", this.low, (value) => this.window(Math.min(value, (this.top ?? white) - 1), this.top))}
      ${slider("top", "White at", this.top ?? white, (value) => this.window(this.low, Math.max(value, this.low + 1)))}
      <label class="ck"><input type="checkbox" id="black" .checked=${this.black} @change=${(event: Event) => { this.black = (event.target as HTMLInputElement).checked; this.requestUpdate(); }}> Hatch black pixels, too</label>
      <button class="btn small" @click=${() => this.window(0, null)}>Whole range</button></div>`;
  }

  private showAs(look: Look): void {
    this.shown = look;
    void act("look", { as: look });
    this.requestUpdate();
  }

  private window(low: number, top: number | null): void {
    this.low = Math.max(low, 0);
    this.top = top;
    void act("look", { window: low === 0 && top === null ? null : [this.low, top ?? store.frame?.white ?? 255] });
    this.requestUpdate();
  }

  private saveBox(): TemplateResult {
    const kinds: [string, string, string][] = [["tiff", "TIFF", "16 bits, settings and seed inside"], ["dng", "DNG", "for developers of raw images"], ["npy", "NPY", "for numpy, settings beside it"]];
    const one = this.frames === 1;
    return html`<div class="pop" id="savebox"><p>${one ? `Frame ${store.frame?.id}, raw, as it was received` : `The next ${this.frames} frames, raw, in one ZIP`}</p>
      ${store.twin?.attached ? nothing : html`<label><span>Frames</span><input type="text" inputmode="numeric" id="burst" .value=${String(this.frames)} @change=${(event: Event) => { this.frames = Math.max(1, Math.round(Number((event.target as HTMLInputElement).value)) || 1); this.requestUpdate(); }}></label>`}
      ${kinds.map(([kind, name, more]) => html`<button class="btn line" data-kind=${kind} @click=${() => this.save(kind)}><b>${name}</b> <span class="dim">${more}</span></button>`)}</div>`;
  }

  private async save(kind: string): Promise<void> {
    try {
      const { parts } = await (this.frames === 1 ? store.link.fetch("save", { kind }) : store.link.fetch("burst", { kind, count: this.frames }));
      toast(`Saved ${download(parts)}`);
      this.saving = false;
      this.requestUpdate();
    } catch (problem) {
      toast((problem as Error).message, true);
    }
  }

  // -- on the canvas ---------------------------------------------------------------------------------
  override firstUpdated(): void {
    const canvas = this.querySelector<HTMLCanvasElement>("#pic")!;
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    canvas.addEventListener("pointerdown", (event) => this.pressed(event));
    canvas.addEventListener("pointerup", () => void this.released());
    canvas.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.keyed(event));
    new ResizeObserver(() => this.paint()).observe(canvas);
    store.on(["picture"], () => this.at && void this.value());
    document.addEventListener("studio-area", () => this.turn("measure"));
    store.on(["twin"], () => Object.assign(this, { zoom: 0, at: null, box: null, low: 0, top: null, asked: "", shown: "raw" }));
  }

  override updated(): void {
    this.paint();
  }

  private mapped(frame: Frame): { s: number; ox: number; oy: number; w: number; h: number } {
    const { width: w, height: h } = this.querySelector("#pic")!.getBoundingClientRect();
    const s = this.zoom || Math.min((w - 12) / frame.width, (h - 12) / frame.height);
    const [cx, cy] = this.zoom ? [this.cx, this.cy] : [frame.width / 2, frame.height / 2];
    const snap = (x: number) => (this.zoom ? Math.round(x) : x);
    return { s, ox: snap(w / 2 - cx * s), oy: snap(h / 2 - cy * s), w, h };
  }

  private paint(): void {
    const { frame, preview, tile } = store;
    const canvas = this.querySelector<HTMLCanvasElement>("#pic");
    const under = this.querySelector<HTMLCanvasElement>("#raw");
    if (!canvas || !under) return;
    const [g, w, h] = fitted(canvas);
    Object.assign(under, canvas.width !== under.width || canvas.height !== under.height ? { width: canvas.width, height: canvas.height } : {});
    under.hidden = !frame;
    if (!frame || (!preview && !tile)) return;
    this.painter ??= new Painter(under);
    const picture = tile ?? preview;
    if (picture !== this.painted) {
      if (tile) this.painter.tile(tile.x, tile.y, tile.w, tile.h, tile.codes);
      else if (preview) this.painter.preview(preview.image, preview.mask);
      this.painted = picture;
      this.painting++;
    }
    const map = this.mapped(frame);
    const k = devicePixelRatio || 1;
    const { low, top } = frame.noise ?? { low: this.low, top: this.top ?? frame.white };
    const view = { scale: map.s * k, x: map.ox * k, y: map.oy * k, low, top, saturation: this.saturation && !frame.noise, black: this.black && !frame.noise };
    const colours = { hot: colour("sat"), cold: colour("black"), stage: colour("stage") };
    const drawn = JSON.stringify([view, colours, canvas.width, canvas.height, this.painting]);
    if (drawn !== this.drawn) this.painter.draw(frame, view, colours);
    this.drawn = drawn;
    this.wantTile(frame, map, w, h);
    if (tile && map.s >= NUMBERS_FROM) this.write(g, frame, map, w, h);
    this.boxes(g, frame, map, w);
    this.cross(g, map);
  }

  private wantTile(frame: Frame, map: ReturnType<Picture["mapped"]>, w: number, h: number): void {
    let wanted: number[] | null = null;
    if (this.zoom >= 1) {
      const x = clamp(Math.floor(-map.ox / map.s) - 8, 0, frame.width - 1);
      const y = clamp(Math.floor(-map.oy / map.s) - 8, 0, frame.height - 1);
      wanted = [x, y, clamp(Math.ceil(w / map.s) + 16, 1, frame.width - x), clamp(Math.ceil(h / map.s) + 16, 1, frame.height - y)];
    }
    const text = JSON.stringify(wanted);
    if (text === this.asked) return;
    this.asked = text;
    void act("look", { tile: wanted });
  }

  private write(g: CanvasRenderingContext2D, frame: Frame, map: ReturnType<Picture["mapped"]>, w: number, h: number): void {
    const { tile } = store;
    if (!tile) return;
    g.font = MONO;
    g.textAlign = "center";
    const [low, top] = frame.noise ? [frame.noise.low, frame.noise.top] : [this.low, this.top ?? frame.white];
    for (let y = Math.max(tile.y, Math.floor(-map.oy / map.s)); y < Math.min(tile.y + tile.h, (h - map.oy) / map.s); y++)
      for (let x = Math.max(tile.x, Math.floor(-map.ox / map.s)); x < Math.min(tile.x + tile.w, (w - map.ox) / map.s); x++) {
        const code = tile.codes[(y - tile.y) * tile.w + x - tile.x]!;
        const [tx, ty] = [map.ox + (x + 0.5) * map.s, map.oy + (y + 0.5) * map.s + 4];
        const marked = this.saturation && !frame.noise && code >= frame.white;
        if (marked) {
          g.fillStyle = "#fff";
          g.fillRect(tx - 14, ty - 10, 28, 13);
        }
        g.fillStyle = marked ? "#a0106a" : (code - low) / (top - low) > 0.46 ? "#000" : "#fff";
        g.fillText(String(frame.noise ? code - (low + top) / 2 : code), tx, ty);
      }
  }

  private boxes(g: CanvasRenderingContext2D, frame: Frame, map: ReturnType<Picture["mapped"]>, w: number): void {
    const outline = (box: Box, ink: string, dashed: boolean) => {
      const rect: [number, number, number, number] = [map.ox + box.x * map.s, map.oy + box.y * map.s, box.w * map.s, box.h * map.s];
      for (const [width, style] of [[3.5, "#000a"], [1.6, ink]] as const) {
        Object.assign(g, { lineWidth: width, strokeStyle: style });
        g.setLineDash(dashed && width < 3 ? [6, 4] : []);
        g.strokeRect(...rect);
      }
      g.setLineDash([]);
      return rect;
    };
    const { numbers } = store;
    if (numbers && numbers.frame === frame.id && this.mode !== "region") {
      const [x, y, bw, bh] = numbers.region;
      outline({ x, y, w: bw, h: bh }, colour("measure"), false);
    }
    if (!this.box) return;
    const [x, y] = outline(this.box, "#fff", true);
    const text = this.mode === "region" ? `${Math.round(this.box.w)} x ${Math.round(this.box.h)} at ${Math.round(this.box.x)}, ${Math.round(this.box.y)}` : "mean and sigma";
    g.font = FONT;
    const wide = g.measureText(text).width + 12;
    const [tx, ty] = [clamp(x, 2, Math.max(2, w - wide - 2)), Math.max(y - 20, 2)];
    g.fillStyle = colour("paper");
    g.fillRect(tx, ty, wide, 18);
    g.fillStyle = colour("ink");
    g.textAlign = "left";
    g.fillText(text, tx + 6, ty + 13);
  }

  private cross(g: CanvasRenderingContext2D, map: ReturnType<Picture["mapped"]>): void {
    if (!this.at) return;
    const [x, y] = [map.ox + (this.at[0] + 0.5) * map.s, map.oy + (this.at[1] + 0.5) * map.s];
    for (const [width, ink] of [[3, "#000a"], [1.4, "#ffd24d"]] as const) {
      Object.assign(g, { lineWidth: width, strokeStyle: ink });
      if (map.s >= 8) g.strokeRect(x - map.s / 2, y - map.s / 2, map.s, map.s);
      else {
        g.beginPath();
        for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
          g.moveTo(x + 4 * dx, y + 4 * dy);
          g.lineTo(x + 13 * dx, y + 13 * dy);
        }
        g.stroke();
      }
    }
    g.strokeStyle = hatch(g, "#000");
  }

  // -- by hand ---------------------------------------------------------------------------------------
  zoomTo(zoom: number, around: [number, number] | null = this.at): void {
    const { frame } = store;
    if (!frame) return;
    const [x, y] = around ?? [frame.width >> 1, frame.height >> 1];
    if (zoom && !this.zoom) [this.cx, this.cy] = [x + 0.5, y + 0.5];
    this.zoom = zoom;
    this.requestUpdate();
  }

  private place(event: MouseEvent): [number, number] {
    const box = this.querySelector("#pic")!.getBoundingClientRect();
    const map = this.mapped(store.frame!);
    return [(event.clientX - box.left - map.ox) / map.s, (event.clientY - box.top - map.oy) / map.s];
  }

  private moved(event: PointerEvent): void {
    const { frame } = store;
    if (!frame) return;
    const [x, y] = this.place(event);
    if (this.drag && this.mode !== "look") {
      const ends = [clamp(this.drag.x, 0, frame.width), clamp(x, 0, frame.width), clamp(this.drag.y, 0, frame.height), clamp(y, 0, frame.height)] as const;
      this.box = { x: Math.min(ends[0], ends[1]), y: Math.min(ends[2], ends[3]), w: Math.abs(ends[0] - ends[1]), h: Math.abs(ends[2] - ends[3]) };
      this.paint();
    } else if (this.drag && this.zoom) {
      this.cx = clamp(this.cx - (event.clientX - this.drag.px) / this.zoom, 0, frame.width);
      this.cy = clamp(this.cy - (event.clientY - this.drag.py) / this.zoom, 0, frame.height);
      Object.assign(this.drag, { px: event.clientX, py: event.clientY });
      this.paint();
    } else this.point(Math.floor(x), Math.floor(y));
  }

  private pressed(event: PointerEvent): void {
    if (!store.frame) return;
    const [x, y] = this.place(event);
    this.drag = { x, y, px: event.clientX, py: event.clientY };
    (event.target as Element).setPointerCapture(event.pointerId);
  }

  private async released(): Promise<void> {
    const { box } = this;
    this.drag = this.box = null;
    if (!box || box.w < 2 || box.h < 2) return this.paint();
    const region = [Math.round(box.x), Math.round(box.y), Math.round(box.w), Math.round(box.h)];
    if (this.mode === "measure") await act("measure", { region });
    else {
      const set = await act<Record<string, number>>("region", { region });
      if (set) {
        toast(`Width ${set.Width}, Height ${set.Height}, OffsetX ${set.OffsetX}, OffsetY ${set.OffsetY}`);
        this.zoom = 0;
        this.at = store.cursor = null;
      }
    }
    this.turn("look");
  }

  private wheeled(event: WheelEvent): void {
    event.preventDefault();
    if (!store.frame) return;
    const i = STOPS.findIndex((stop) => stop >= this.zoom);
    const zoom = STOPS[clamp(i + (event.deltaY < 0 ? 1 : -1), 0, STOPS.length - 1)]!;
    const [x, y] = this.place(event);
    const box = this.querySelector("#pic")!.getBoundingClientRect();
    this.zoom = zoom;
    if (zoom) {
      this.cx = x - (event.clientX - box.left - box.width / 2) / zoom;
      this.cy = y - (event.clientY - box.top - box.height / 2) / zoom;
    }
    this.requestUpdate();
  }

  private keyed(event: KeyboardEvent): void {
    const { frame } = store;
    const way = ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] } as Record<string, [number, number]>)[event.key];
    if (!frame) return;
    const i = Math.max(STOPS.indexOf(this.zoom), 0);
    if (way) {
      const step = event.shiftKey ? 16 : 1;
      const [x, y] = this.at ?? [frame.width >> 1, frame.height >> 1];
      this.point(x + way[0] * step, y + way[1] * step);
      if (this.zoom && this.at) [this.cx, this.cy] = [this.at[0] + 0.5, this.at[1] + 0.5];
    } else if (event.key === "+" || event.key === "=") this.zoomTo(STOPS[Math.min(i + 1, STOPS.length - 1)]!);
    else if (event.key === "-") this.zoomTo(STOPS[Math.max(i - 1, 0)]!);
    else if (event.key === "Escape") this.turn("look");
    else return;
    event.preventDefault();
    this.paint();
  }

  // Moves the cursor and asks for the raw value there; the answer to the latest place wins.
  point(x: number, y: number): void {
    const { frame } = store;
    if (!frame) return;
    this.at = [clamp(x, 0, frame.width - 1), clamp(y, 0, frame.height - 1)];
    this.paint();
    void this.value();
  }

  private async value(): Promise<void> {
    if (this.asking || !this.at) return;
    this.asking = true;
    const [x, y] = this.at;
    const found = await act<typeof store.cursor>("pixel", { x, y });
    this.asking = false;
    if (!found) return;
    store.cursor = found;
    store.say("cursor");
    this.row ||= window.setTimeout(() => {
      this.row = 0;
      if (store.cursor && store.cursor.y !== store.numbers?.row) void act("measure", { row: store.cursor.y });
    }, 60);
    if (this.at && (this.at[0] !== x || this.at[1] !== y)) void this.value();
  }
}
customElements.define("studio-picture", Picture);
