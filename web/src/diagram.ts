// The timing diagram itself: rows of lines, exposure, readout, memory, transfer, and red marks, on any canvas.
import { clamp, colour, FONT, hatch } from "./draw";
import { store, type Lane } from "./store";
import type { FrameRecord, Mark } from "./types";

export const LEFT = 78;
export const RIGHT = 10;
export const MINI = 20; // height of the overview
const AXIS = 18;
interface Row { name: string; kind: "level" | "bars" | "rolling"; lane?: Lane; draw?: (row: Row, y: number, h: number) => void; weight: number; y: number; h: number }

export class Diagram {
  a = 0; // what is seen, in ns of virtual time
  b = 400e6;
  A = 0; // cursors
  B = 0;
  private rows: Row[] = [];
  private g!: CanvasRenderingContext2D;
  w = 0;
  private h = 0;

  X = (t: number): number => LEFT + ((t - this.a) / (this.b - this.a)) * (this.w - LEFT - RIGHT);
  T = (x: number): number => this.a + ((x - LEFT) / (this.w - LEFT - RIGHT)) * (this.b - this.a);

  // Draws what is seen in this place.
  paint(g: CanvasRenderingContext2D, w: number, h: number): void {
    Object.assign(this, { g, w, h });
    if (w < 120 || h < 60) return;
    this.layOut();
    this.axis();
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
    const middles: [begin: number, end: number, id: number][] = [];
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
      middles.push([(a + ae) / 2, (e + ee) / 2, frame.id]);
    });
    // Half-way down, between the end of a band and the beginning of the next one, stands its number.
    middles.forEach(([, end, id], i) => this.label(`frame ${id}`, end + 3, (middles[i + 1]?.[0] ?? this.w) - end - 3, y + h / 2 + 4, colour("ink")));
    const rows = [...store.frames.values()].at(-1)?.rows ?? 0;
    for (const [text, top] of [["0", y], [String(rows - 1), y + h - 14]] as const) {
      g.fillStyle = colour("field");
      g.fillRect(LEFT, top, g.measureText(text).width + 8, 14);
      g.fillStyle = colour("dim");
      g.textAlign = "left";
      g.fillText(text, LEFT + 4, top + 11);
    }
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
}


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

export function lowerBound(edges: [number, 0 | 1][], t: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]![0] < t) low = middle + 1;
    else high = middle;
  }
  return low;
}
