// A logic analyser of virtual time: lines, exposure, readout, memory, transfer; red marks with their reason.
import { html, nothing, type TemplateResult } from "lit";
import { clamp, colour, fitted, FONT, hatch, ms, Panel } from "./draw";
import { store, type Lane, type Topic } from "./store";
import type { FrameRecord, Mark } from "./types";

const LEFT = 78;
const RIGHT = 10;
const MINI = 20; // height of the overview
const AXIS = 18;
const MIN_SPAN = 2000; // ns
interface Row { name: string; kind: "level" | "bars" | "rolling"; lane?: Lane; draw?: (row: Row, y: number, h: number) => void; weight: number; y: number; h: number }

class Time extends Panel {
  static override topics: Topic[] = ["trace", "theme", "select", "twin"];
  a = 0; // what is seen, in ns of virtual time
  b = 400e6;
  follow = true;
  A = 0; // cursors
  B = 0;
  private rows: Row[] = [];
  private g!: CanvasRenderingContext2D;
  private w = 0;
  private h = 0;
  private drag: { kind: "pan" | "A" | "B" | "all"; x: number; a: number; b: number } | null = null;

  override render(): TemplateResult {
    const { counts, marks } = store;
    const d = Math.abs(this.B - this.A);
    const none = !marks.length;
    return html`
      <div class="bar"><h2>Time</h2>
        <span class="seg"><button class="btn" id="out" aria-label="Zoom out" @click=${() => this.zoom(1.7)}>−</button><button class="btn" id="in" aria-label="Zoom in" @click=${() => this.zoom(0.6)}>+</button><button class="btn" id="all" @click=${() => this.see(0, store.now)}>All</button><button class="btn" id="follow" aria-pressed=${this.follow} @click=${() => { this.follow = !this.follow; this.requestUpdate(); }}>Follow</button></span>
        <span class="seg marknav"><button class="btn" aria-label="Previous red mark" ?disabled=${none} @click=${() => this.pick(store.selected - 1)}>‹</button><button class="btn" id="marks" ?disabled=${none} @click=${() => this.pick(0)}>${none ? "no red mark" : html`<b>${counts.missed ? `▼ ${counts.missed} missed ` : ""}${counts.lost ? `✕ ${counts.lost} lost` : ""}</b>`}</button><button class="btn" aria-label="Next red mark" ?disabled=${none} @click=${() => this.pick(store.selected + 1)}>›</button></span>
        <span class="grow"></span>
        <span class="meas" id="meas">${d ? html`<span class="a">A <b>${ms(this.A)}</b></span><span class="b">B <b>${ms(this.B)}</b></span><span>B − A <b>${ms(d)} ms</b><span class="dim"> = ${(1e9 / d).toFixed(2)} Hz</span></span>` : html`<span class="dim">keys a and b measure between edges</span>`}</span></div>
      <div class="stage"><canvas id="tl" tabindex="0" role="application" aria-label="Timing diagram. Left and right pan, plus and minus zoom, brackets go to red marks, a and b set the cursors."></canvas></div>
      <div class="why" id="why">${this.why()}</div>`;
  }

  private why(): TemplateResult {
    const mark = store.marks[store.selected];
    if (!mark) {
      const { delivered, lost, missed } = store.counts;
      const text = lost + missed ? "Choose a red mark to see why." : delivered ? `Every frame arrived: ${delivered} so far.` : "Nothing has happened yet.";
      return html`<span class="txt dim">${text}</span>`;
    }
    const frame = mark.frame === null ? undefined : store.frames.get(mark.frame);
    const head = mark.kind === "missed" ? `▼ Trigger ${mark.trigger} at ${ms(mark.t)} ms was missed.` : `✕ Frame ${mark.frame} was lost at ${ms(mark.t)} ms.`;
    const settings = frame ? Object.entries(frame.set).map(([name, value]) => `${name} ${value}`).join(", ") : "";
    return html`<div class="txt"><b>${head}</b> ${mark.why} <strong>${mark.fix}</strong>${frame ? html` <span class="dim">Frame ${frame.id}: ${settings}.</span>` : nothing}</div>
      <span class="acts"><button class="btn small" @click=${() => document.dispatchEvent(new CustomEvent("studio-tab", { detail: "rate" }))}>What to change</button></span>`;
  }

  override firstUpdated(): void {
    const canvas = this.querySelector<HTMLCanvasElement>("#tl")!;
    canvas.addEventListener("pointerdown", (event) => this.pressed(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    canvas.addEventListener("pointerup", () => (this.drag = null));
    canvas.addEventListener("wheel", (event) => this.wheeled(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.keyed(event));
    new ResizeObserver(() => this.paint()).observe(canvas);
    store.on(["twin"], () => Object.assign(this, { a: 0, b: 400e6, A: 0, B: 0, follow: true }));
    store.on(["select"], () => this.reveal());
  }

  override updated(): void {
    this.paint();
  }

  // -- drawing ---------------------------------------------------------------------------------------
  private X = (t: number): number => LEFT + ((t - this.a) / (this.b - this.a)) * (this.w - LEFT - RIGHT);
  private T = (x: number): number => this.a + ((x - LEFT) / (this.w - LEFT - RIGHT)) * (this.b - this.a);

  private paint(): void {
    const canvas = this.querySelector<HTMLCanvasElement>("#tl");
    if (!canvas) return;
    [this.g, this.w, this.h] = fitted(canvas);
    if (this.w < 120 || this.h < 60) return;
    if (this.follow && !this.drag) {
      const span = this.b - this.a;
      const end = Math.max(store.now + span * 0.04, span);
      [this.a, this.b] = [end - span, end];
    }
    this.layOut();
    this.axis();
    const { g } = this;
    g.save();
    g.beginPath();
    g.rect(0, MINI, this.w, this.h - AXIS - MINI);
    g.clip();
    g.textAlign = "right";
    g.fillStyle = colour("ink");
    for (const row of this.rows) g.fillText(row.name, LEFT - 10, row.y + row.h / 2 + 4);
    g.beginPath();
    g.rect(LEFT, MINI, this.w - LEFT - RIGHT, this.h);
    g.clip();
    for (const row of this.rows) {
      const tall = row.kind === "rolling" ? row.h - 6 : Math.min(row.h - 5, row.kind === "level" ? 30 : 24);
      row.draw?.(row, row.y + (row.h - tall) / 2, tall);
    }
    this.cursors();
    g.restore();
    this.overview();
  }

  private layOut(): void {
    const rows: Row[] = [];
    const add = (name: string, kind: Row["kind"], draw: Row["draw"], weight = 1, lane?: Lane) => rows.push({ name, kind, draw, weight, y: 0, h: 0, ...(lane ? { lane } : {}) });
    const lanes = [...store.lanes].filter(([, lane]) => lane.edges.length);
    const rolling = [...store.frames.values()].some((frame) => frame.skew);
    const source = String(store.states.TriggerSource?.value ?? "");
    const triggered = store.states.TriggerMode?.value === "On";
    for (const [name, lane] of lanes) if (!lane.out) add(`${name} in`, "level", (row, y, h) => this.level(row, y, h, name === source), 1.3, lane);
    if (triggered && !lanes.some(([name, lane]) => name === source && !lane.out)) add(source.slice(0, 10), "bars", (_, y, h) => this.triggers(y, h));
    if (rolling) add("rows", "rolling", (_, y, h) => this.bands(y, h), 3.4);
    else {
      add("exposure", "bars", (_, y, h) => this.each((frame) => this.bar(frame.e0, frame.e1, y, h, "exposure", String(frame.id))));
      add("readout", "bars", (_, y, h) => this.readouts(y, h));
    }
    add("memory", "bars", (_, y, h) => this.each((frame) => this.bar(frame.r0, frame.t1 ?? frame.end, y, h, "delay", `${frame.id} in memory`)));
    add("transfer", "bars", (_, y, h) => this.each((frame) => this.transfer(frame, y, h)));
    for (const [name, lane] of lanes) if (lane.out) add(`${name} out`, "level", (row, y, h) => this.level(row, y, h, false), 1.3, lane);
    const room = this.h - AXIS - MINI - 2;
    const weights = rows.reduce((sum, row) => sum + row.weight, 0);
    const unit = Math.min(room / weights, 64);
    let y = MINI + 2;
    for (const row of rows) {
      row.h = row.weight * (row.kind === "rolling" ? room / weights : unit);
      row.y = y;
      y += row.h;
    }
    this.rows = rows;
  }

  private each(draw: (frame: FrameRecord) => void): void {
    for (const frame of store.frames.values()) {
      const begin = Math.min(frame.e0 ?? Infinity, frame.t0 ?? Infinity, frame.r0 ?? Infinity);
      const end = frame.t1 ?? frame.end ?? store.now;
      if (begin <= this.b && Math.max(end, (frame.e1 ?? 0) + (frame.skew ?? 0)) >= this.a) draw(frame);
    }
  }

  private bar(from: number | undefined, to: number | undefined, y: number, h: number, ink: string, text: string): void {
    if (from === undefined) return;
    const x = this.X(from);
    const wide = Math.max(1, this.X(to ?? store.now) - x);
    this.g.fillStyle = colour(ink);
    this.g.fillRect(x, y, wide, h);
    this.label(text, x, wide, y + h / 2 + 4, inkOn(colour(ink)));
  }

  private label(text: string, x: number, wide: number, y: number, ink: string): void {
    const { g } = this;
    const at = Math.max(x, LEFT) + 5;
    const room = Math.min(x + wide, this.w - RIGHT) - at - 3;
    if (room < g.measureText(text).width) text = /\d+/.exec(text)?.[0] ?? "";
    if (!text || room < g.measureText(text).width) return;
    g.textAlign = "left";
    g.fillStyle = ink;
    g.fillText(text, at, y);
  }

  private readouts(y: number, h: number): void {
    const { g } = this;
    this.each((frame) => {
      const waits = frame.r0 ?? store.now;
      if (frame.e1 !== undefined && frame.e1 < store.now && waits - frame.e1 > 1e5) {
        const [x, wide] = [this.X(frame.e1), this.X(waits) - this.X(frame.e1)];
        g.fillStyle = hatch(g, colour("readout"));
        g.globalAlpha = 0.55;
        g.fillRect(x, y, wide, h);
        g.globalAlpha = 1;
        if (wide > g.measureText(`${frame.id} waits for memory`).width + 12) {
          g.fillStyle = colour("paper");
          g.fillRect(Math.max(x, LEFT) + 3, y + 3, g.measureText(`${frame.id} waits for memory`).width + 5, h - 6);
          this.label(`${frame.id} waits for memory`, x, wide, y + h / 2 + 4, colour("ink"));
        }
      }
      this.bar(frame.r0, frame.r1, y, h, "readout", `${frame.id} read`);
    });
  }

  private transfer(frame: FrameRecord, y: number, h: number): void {
    const { g } = this;
    if (frame.fate !== "lost") return this.bar(frame.t0, frame.t1, y, h, "transfer", `frame ${frame.id}`);
    const from = frame.t0 ?? frame.r0 ?? frame.e0;
    const to = frame.t1 ?? frame.end ?? store.marks.find((mark) => mark.frame === frame.id)?.t;
    if (from === undefined || to === undefined) return;
    const [x, wide] = [this.X(from), Math.max(2, this.X(to) - this.X(from))];
    g.fillStyle = colour("fail-soft");
    g.fillRect(x, y, wide, h);
    g.fillStyle = hatch(g, colour("fail"), false, 7);
    g.fillRect(x, y, wide, h);
    Object.assign(g, { strokeStyle: colour("fail"), lineWidth: 1.5 });
    g.strokeRect(x + 0.7, y + 0.7, wide - 1.4, h - 1.4);
    const text = `✕ frame ${frame.id} lost`;
    if (wide > g.measureText(text).width + 12) {
      g.fillStyle = colour("paper");
      g.fillRect(Math.max(x, LEFT) + 3, y + 3, g.measureText(text).width + 5, h - 6);
      this.label(text, x, wide, y + h / 2 + 4, colour("fail"));
    }
  }

  private bands(y: number, h: number): void {
    const { g } = this;
    g.fillStyle = colour("field");
    g.fillRect(LEFT, y, this.w, h);
    this.each((frame) => {
      if (frame.e0 === undefined || frame.e1 === undefined) return;
      const skew = frame.skew ?? 0;
      const [a, e, ae, ee] = [this.X(frame.e0), this.X(frame.e1), this.X(frame.e0 + skew), this.X(frame.e1 + skew)];
      g.beginPath();
      g.moveTo(a, y);
      g.lineTo(e, y);
      g.lineTo(ee, y + h);
      g.lineTo(ae, y + h);
      g.closePath();
      g.fillStyle = colour("exposure");
      g.fill();
      Object.assign(g, { strokeStyle: colour("readout"), lineWidth: 2 });
      g.beginPath();
      g.moveTo(e, y);
      g.lineTo(ee, y + h);
      g.stroke();
      g.fillStyle = colour("ink");
      g.textAlign = "left";
      if (ae - a > 90) g.fillText(`frame ${frame.id}`, (e + ee) / 2 + 12, y + h / 2 + 4);
    });
    g.fillStyle = colour("dim");
    g.textAlign = "left";
    const rows = [...store.frames.values()].at(-1)?.rows ?? 0;
    g.fillText("0", LEFT + 4, y + 11);
    g.fillText(String(rows - 1), LEFT + 4, y + h - 3);
  }

  private level(row: Row, y: number, h: number, marked: boolean): void {
    const { g } = this;
    const edges = row.lane!.edges;
    const [low, high] = [y + h - 1, y + (marked ? 8 : 2)];
    let i = lowerBound(edges, this.a);
    let level = i > 0 ? edges[i - 1]![1] : edges[0] ? 1 - edges[0][1] : 0;
    Object.assign(g, { strokeStyle: colour("ink"), lineWidth: 1.3 });
    g.beginPath();
    g.moveTo(LEFT, level ? high : low);
    let last = -1;
    for (; i < edges.length && edges[i]![0] <= this.b; i++) {
      const x = this.X(edges[i]![0]);
      if (x - last > 0.4) g.lineTo(x, level ? high : low);
      level = edges[i]![1];
      g.lineTo(x, level ? high : low);
      last = x;
    }
    g.lineTo(Math.min(this.X(store.now), this.w), level ? high : low);
    g.stroke();
    if (marked) this.missed(high - 7, low);
  }

  private triggers(y: number, h: number): void {
    const { g } = this;
    Object.assign(g, { strokeStyle: colour("ink"), lineWidth: 1.5 });
    this.each((frame) => {
      if (frame.trigger === undefined) return;
      const x = this.X(frame.trigger);
      g.beginPath();
      g.moveTo(x, y + 2);
      g.lineTo(x, y + h);
      g.stroke();
    });
    this.missed(y - 4, y + h);
  }

  private missed(y: number, low: number): void {
    const { g } = this;
    store.marks.forEach((mark, index) => {
      if (mark.kind !== "missed" || mark.t < this.a || mark.t > this.b) return;
      const chosen = index === store.selected;
      const x = this.X(mark.t);
      Object.assign(g, { strokeStyle: colour("fail"), lineWidth: chosen ? 2.6 : 1.5 });
      g.beginPath();
      g.moveTo(x, y + 5);
      g.lineTo(x, low);
      g.stroke();
      sign(g, mark, x, y, chosen ? 6.5 : 4.8);
    });
  }

  private axis(): void {
    const { g } = this;
    const bottom = this.h - AXIS;
    const step = niceStep((this.b - this.a) / 8);
    const digits = Math.max(0, -Math.floor(Math.log10(step / 1e6)));
    g.textAlign = "center";
    for (let t = Math.ceil(this.a / step) * step; t <= this.b; t += step) {
      const x = Math.round(this.X(t)) + 0.5;
      g.strokeStyle = colour("grid");
      g.beginPath();
      g.moveTo(x, MINI);
      g.lineTo(x, bottom);
      g.stroke();
      g.fillStyle = colour("dim");
      if (x > LEFT - 2 && x < this.w - 40) g.fillText((t / 1e6).toFixed(step < 1e6 ? digits : 0), x, this.h - 5);
    }
    g.textAlign = "right";
    g.fillText("ms", this.w - 8, this.h - 5);
  }

  private overview(): void {
    const { g } = this;
    const wide = this.w - LEFT - RIGHT;
    const at = (t: number) => LEFT + (t / Math.max(store.now, 1)) * wide;
    g.fillStyle = colour("field");
    g.fillRect(LEFT, 4, wide, 11);
    g.textAlign = "right";
    g.fillStyle = colour("dim");
    g.fillText("all", LEFT - 10, 13);
    g.fillStyle = colour("exposure");
    let last = -1;
    for (const frame of store.frames.values()) {
      const x = at(frame.e0 ?? 0);
      if (x - last < 1) continue;
      g.fillRect(x, 5, Math.max(1.5, at(frame.e1 ?? 0) - x), 9);
      last = x;
    }
    store.marks.forEach((mark) => sign(g, mark, at(mark.t), 5, 3.6));
    const [x, end] = [clamp(at(this.a), LEFT, LEFT + wide), clamp(at(this.b), LEFT, LEFT + wide)];
    Object.assign(g, { strokeStyle: colour("accent"), lineWidth: 1.5 });
    g.strokeRect(x, 3, Math.max(end - x, 4), 13);
  }

  private cursors(): void {
    const { g } = this;
    for (const name of ["A", "B"] as const) {
      if (!this[name]) continue;
      const x = Math.round(this.X(this[name])) + 0.5;
      const ink = colour(`cursor-${name.toLowerCase()}`);
      Object.assign(g, { strokeStyle: ink, lineWidth: 1.5, fillStyle: ink });
      g.setLineDash(name === "A" ? [] : [5, 3]);
      g.beginPath();
      g.moveTo(x, MINI);
      g.lineTo(x, this.h - AXIS);
      g.stroke();
      g.setLineDash([]);
      const left = name === "A" ? x - 15 : x;
      g.fillRect(left, MINI, 15, 13);
      g.fillStyle = colour("paper");
      g.textAlign = "center";
      g.font = `bold ${FONT}`;
      g.fillText(name, left + 7.5, MINI + 10.5);
      g.font = FONT;
    }
  }

  // -- by hand ---------------------------------------------------------------------------------------
  see(a: number, b: number): void {
    const span = Math.max(b - a, MIN_SPAN);
    [this.a, this.b] = [a, a + span];
    this.follow = false;
    this.requestUpdate();
  }

  private zoom(factor: number, t = (this.a + this.b) / 2): void {
    if (this.follow) {
      const span = clamp((this.b - this.a) * factor, MIN_SPAN, 1e12);
      [this.a, this.b] = [this.b - span, this.b];
      return this.paint();
    }
    this.see(t - (t - this.a) * factor, t + (this.b - t) * factor);
  }

  private pick(index: number): void {
    if (!store.marks.length) return;
    store.selected = (index + store.marks.length) % store.marks.length;
    store.say("select");
  }

  private reveal(): void {
    const mark = store.marks[store.selected];
    if (!mark) return;
    this.follow = false;
    if (mark.t < this.a || mark.t > this.b) {
      const half = (this.b - this.a) / 2;
      this.see(Math.max(0, mark.t - half), Math.max(0, mark.t - half) + 2 * half);
    }
  }

  // All edges that cursors stop at.
  private edges(): number[] {
    const found: number[] = [];
    for (const f of store.frames.values()) for (const t of [f.e0, f.e1, f.r0, f.r1, f.t0, f.t1]) if (t !== undefined) found.push(t);
    for (const lane of store.lanes.values()) for (const [t] of lane.edges) found.push(t);
    for (const mark of store.marks) found.push(mark.t);
    return found.sort((one, other) => one - other);
  }

  private near(t: number): number {
    const best = this.edges().reduce((near, edge) => (Math.abs(edge - t) < Math.abs(near - t) ? edge : near), Infinity);
    return Math.abs(this.X(best) - this.X(t)) < 7 ? best : t;
  }

  private pressed(event: PointerEvent): void {
    const canvas = event.target as HTMLElement;
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = [event.offsetX, event.offsetY];
    if (y < MINI) {
      this.drag = { kind: "all", x, a: this.a, b: this.b };
      return this.moved(event);
    }
    for (const name of ["A", "B"] as const) if (this[name] && Math.abs(this.X(this[name]) - x) < 7) return void (this.drag = { kind: name, x, a: 0, b: 0 });
    const hit = store.marks.findIndex((mark) => Math.abs(this.X(mark.t) - x) < 7);
    if (hit >= 0) return this.pick(hit);
    const lost = [...store.frames.values()].find((frame) => frame.fate === "lost" && frame.t0 !== undefined && this.X(frame.t0) <= x && x <= this.X(frame.t1 ?? frame.t0));
    if (lost) return this.pick(store.marks.findIndex((mark) => mark.kind === "lost" && mark.frame === lost.id));
    this.drag = { kind: "pan", x, a: this.a, b: this.b };
  }

  private moved(event: PointerEvent): void {
    const { drag } = this;
    const x = event.offsetX;
    if (!drag) return;
    if (drag.kind === "pan") {
      const shift = ((x - drag.x) / (this.w - LEFT - RIGHT)) * (drag.b - drag.a);
      this.see(drag.a - shift, drag.b - shift);
    } else if (drag.kind === "all") {
      const half = (this.b - this.a) / 2;
      const t = ((x - LEFT) / (this.w - LEFT - RIGHT)) * store.now;
      this.see(t - half, t + half);
    } else {
      this[drag.kind] = this.near(this.T(x));
      this.requestUpdate();
    }
  }

  private wheeled(event: WheelEvent): void {
    event.preventDefault();
    if (event.shiftKey) {
      const shift = (this.b - this.a) * 0.1 * Math.sign(event.deltaY || event.deltaX);
      this.see(this.a + shift, this.b + shift);
    } else this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.T(event.offsetX));
  }

  private keyed(event: KeyboardEvent): void {
    const span = this.b - this.a;
    const step = (name: "A" | "B") => {
      const edges = this.edges();
      const from = this[name] || this.a;
      this[name] = (event.shiftKey ? edges.filter((t) => t < from).at(-1) : edges.find((t) => t > from)) ?? from;
      if (this[name] < this.a || this[name] > this.b) this.see(this[name] - span / 2, this[name] + span / 2);
      this.requestUpdate();
    };
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.see(this.a - span * 0.1, this.b - span * 0.1),
      ArrowRight: () => this.see(this.a + span * 0.1, this.b + span * 0.1),
      "+": () => this.zoom(0.8), "=": () => this.zoom(0.8), "-": () => this.zoom(1.25),
      "[": () => this.pick(store.selected - 1), "]": () => this.pick(store.selected + 1),
      a: () => step("A"), A: () => step("A"), b: () => step("B"), B: () => step("B"),
    };
    const act = keys[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  }
}
customElements.define("studio-time", Time);

function sign(g: CanvasRenderingContext2D, mark: Mark, x: number, y: number, size: number): void {
  g.fillStyle = g.strokeStyle = colour("fail");
  g.beginPath();
  if (mark.kind === "missed") {
    g.moveTo(x - size, y - 1);
    g.lineTo(x + size, y - 1);
    g.lineTo(x, y + size * 1.6);
    g.closePath();
    g.fill();
    return;
  }
  g.lineWidth = 2;
  g.moveTo(x - size, y);
  g.lineTo(x + size, y + 2 * size);
  g.moveTo(x + size, y);
  g.lineTo(x - size, y + 2 * size);
  g.stroke();
}

function inkOn(fill: string): string {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(fill.slice(i, i + 2), 16)) as [number, number, number];
  return r * 0.3 + g * 0.59 + b * 0.11 > 140 ? "#10161d" : "#fff";
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * ([1, 2, 5, 10].find((k) => k * power >= rough) ?? 10);
}

function lowerBound(edges: [number, 0 | 1][], t: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]![0] < t) low = middle + 1;
    else high = middle;
  }
  return low;
}
