// A logic analyser of virtual time: lines, exposure, readout, memory, transfer; red marks with their reason.
import { html, nothing, type TemplateResult } from "lit";
import { Diagram, LEFT, MINI, RIGHT } from "./diagram";
import { clamp, fitted, ms, Panel } from "./draw";
import { download, store, type Topic } from "./store";
import { drawnAsSvg } from "./svg";

const MIN_SPAN = 2000; // ns

class Time extends Panel {
  static override topics: Topic[] = ["trace", "theme", "select", "twin"];
  follow = true;
  exporting = false;
  private d = new Diagram();
  private drag: { kind: "pan" | "A" | "B" | "all"; x: number; a: number; b: number } | null = null;

  override render(): TemplateResult {
    const { counts, marks } = store;
    const d = Math.abs(this.d.B - this.d.A);
    const none = !marks.length;
    return html`
      <div class="bar"><h2>Time</h2>
        <span class="seg"><button class="btn" id="out" aria-label="Zoom out" @click=${() => this.zoom(1.7)}>−</button><button class="btn" id="in" aria-label="Zoom in" @click=${() => this.zoom(0.6)}>+</button><button class="btn" id="all" @click=${() => this.see(0, store.now)}>All</button><button class="btn" id="follow" aria-pressed=${this.follow} @click=${() => { this.follow = !this.follow; this.requestUpdate(); }}>Follow</button></span>
        <span class="seg marknav"><button class="btn" aria-label="Previous red mark" ?disabled=${none} @click=${() => this.pick(store.selected - 1)}>‹</button><button class="btn" id="marks" ?disabled=${none} @click=${() => this.pick(0)}>${none ? "no red mark" : html`<b>${counts.missed ? `▼ ${counts.missed} missed ` : ""}${counts.lost ? `✕ ${counts.lost} lost` : ""}</b>`}</button><button class="btn" aria-label="Next red mark" ?disabled=${none} @click=${() => this.pick(store.selected + 1)}>›</button></span>
        <span class="grow"></span>
        <span class="meas" id="meas">${d ? html`<span class="a">A <b>${ms(this.d.A)}</b></span><span class="b">B <b>${ms(this.d.B)}</b></span><span>B − A <b>${ms(d)} ms</b><span class="dim"> = ${(1e9 / d).toFixed(2)} Hz</span></span>` : html`<span class="dim">keys a and b measure between edges</span>`}</span>
        <button class="btn" id="export" aria-expanded=${this.exporting} @click=${() => { this.exporting = !this.exporting; this.requestUpdate(); }}>Export…</button></div>
      <div class="stage">${this.exporting ? html`<div class="pop" id="exportbox">${(["svg", "png"] as const).map((kind) => html`<button class="btn line" data-kind=${kind} @click=${() => this.export(kind)}><b>${kind.toUpperCase()}</b> <span class="dim">${kind === "svg" ? "lines and text, for documents" : "as it is shown"}</span></button>`)}</div>` : nothing}<canvas id="tl" tabindex="0" role="application" aria-label="Timing diagram. Left and right pan, plus and minus zoom, brackets go to red marks, a and b set the cursors."></canvas></div>
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
    store.on(["twin"], () => (Object.assign(this.d, { a: 0, b: 400e6, A: 0, B: 0 }), (this.follow = true)));
    store.on(["select"], () => this.reveal());
  }

  override updated(): void {
    this.paint();
  }

  // -- drawing ---------------------------------------------------------------------------------------
  private paint(): void {
    const canvas = this.querySelector<HTMLCanvasElement>("#tl");
    if (!canvas) return;
    const { d } = this;
    if (this.follow && !this.drag) {
      const span = d.b - d.a;
      const end = Math.max(store.now + span * 0.04, span);
      [d.a, d.b] = [end - span, end];
    }
    d.paint(...fitted(canvas));
  }

  // Saves what is seen, in the colours that are seen.
  private async export(kind: "svg" | "png"): Promise<void> {
    const canvas = this.querySelector<HTMLCanvasElement>("#tl")!;
    const { width, height } = canvas.getBoundingClientRect();
    let data: Uint8Array<ArrayBuffer>;
    if (kind === "svg") data = new TextEncoder().encode(drawnAsSvg(width, height, (g) => this.d.paint(g, width, height)));
    else {
      const copy = document.createElement("canvas");
      Object.assign(copy, { width: canvas.width, height: canvas.height });
      const g = copy.getContext("2d")!;
      g.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--paper");
      g.fillRect(0, 0, copy.width, copy.height);
      g.drawImage(canvas, 0, 0);
      data = new Uint8Array(await (await new Promise<Blob>((done) => copy.toBlob((blob) => done(blob!)))).arrayBuffer());
    }
    download({ [`${store.twin?.model ?? "time"}-${Math.round(this.d.a / 1e6)}-to-${Math.round(this.d.b / 1e6)}-ms.${kind}`]: data });
    this.exporting = false;
    this.requestUpdate();
  }

  // -- by hand ---------------------------------------------------------------------------------------
  see(a: number, b: number): void {
    const span = Math.max(b - a, MIN_SPAN);
    [this.d.a, this.d.b] = [a, a + span];
    this.follow = false;
    this.requestUpdate();
  }

  private zoom(factor: number, t = (this.d.a + this.d.b) / 2): void {
    if (this.follow) {
      const span = clamp((this.d.b - this.d.a) * factor, MIN_SPAN, 1e12);
      [this.d.a, this.d.b] = [this.d.b - span, this.d.b];
      return this.paint();
    }
    this.see(t - (t - this.d.a) * factor, t + (this.d.b - t) * factor);
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
    if (mark.t < this.d.a || mark.t > this.d.b) {
      const half = (this.d.b - this.d.a) / 2;
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
    return Math.abs(this.d.X(best) - this.d.X(t)) < 7 ? best : t;
  }

  private pressed(event: PointerEvent): void {
    const canvas = event.target as HTMLElement;
    canvas.setPointerCapture(event.pointerId);
    const [x, y] = [event.offsetX, event.offsetY];
    if (y < MINI) {
      this.drag = { kind: "all", x, a: this.d.a, b: this.d.b };
      return this.moved(event);
    }
    for (const name of ["A", "B"] as const) if (this.d[name] && Math.abs(this.d.X(this.d[name]) - x) < 7) return void (this.drag = { kind: name, x, a: 0, b: 0 });
    const hit = store.marks.findIndex((mark) => Math.abs(this.d.X(mark.t) - x) < 7);
    if (hit >= 0) return this.pick(hit);
    const lost = [...store.frames.values()].find((frame) => frame.fate === "lost" && frame.t0 !== undefined && this.d.X(frame.t0) <= x && x <= this.d.X(frame.t1 ?? frame.t0));
    if (lost) return this.pick(store.marks.findIndex((mark) => mark.kind === "lost" && mark.frame === lost.id));
    this.drag = { kind: "pan", x, a: this.d.a, b: this.d.b };
  }

  private moved(event: PointerEvent): void {
    const { drag } = this;
    const x = event.offsetX;
    if (!drag) return;
    if (drag.kind === "pan") {
      const shift = ((x - drag.x) / (this.d.w - LEFT - RIGHT)) * (drag.b - drag.a);
      this.see(drag.a - shift, drag.b - shift);
    } else if (drag.kind === "all") {
      const half = (this.d.b - this.d.a) / 2;
      const t = ((x - LEFT) / (this.d.w - LEFT - RIGHT)) * store.now;
      this.see(t - half, t + half);
    } else {
      this.d[drag.kind] = this.near(this.d.T(x));
      this.requestUpdate();
    }
  }

  private wheeled(event: WheelEvent): void {
    event.preventDefault();
    if (event.shiftKey) {
      const shift = (this.d.b - this.d.a) * 0.1 * Math.sign(event.deltaY || event.deltaX);
      this.see(this.d.a + shift, this.d.b + shift);
    } else this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.d.T(event.offsetX));
  }

  private keyed(event: KeyboardEvent): void {
    const span = this.d.b - this.d.a;
    const step = (name: "A" | "B") => {
      const edges = this.edges();
      const from = this.d[name] || this.d.a;
      this.d[name] = (event.shiftKey ? edges.filter((t) => t < from).at(-1) : edges.find((t) => t > from)) ?? from;
      if (this.d[name] < this.d.a || this.d[name] > this.d.b) this.see(this.d[name] - span / 2, this.d[name] + span / 2);
      this.requestUpdate();
    };
    const keys: Record<string, () => void> = {
      ArrowLeft: () => this.see(this.d.a - span * 0.1, this.d.b - span * 0.1),
      ArrowRight: () => this.see(this.d.a + span * 0.1, this.d.b + span * 0.1),
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
