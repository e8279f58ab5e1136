// Numbers of raw data: histogram, line profile, mean and sigma of an area beside shot noise alone.
import { html, nothing, type TemplateResult } from "lit";
import uPlot from "uplot";
import { colour, FONT, grouped, hatch, Panel } from "./draw";
import { store, type Topic } from "./store";

class Numbers extends Panel {
  static override topics: Topic[] = ["numbers", "picture", "twin", "area"];
  log = true;
  time = false; // the area over time in place of the profile
  private plots: { histogram?: uPlot; profile?: uPlot } = {};
  private made = "";
  private due = 0;

  override render(): TemplateResult {
    const { frame, numbers } = store;
    const share = frame ? frame.saturated / (frame.width * frame.height) : 0;
    const row = (name: string, dn: number, e: number | null) => html`<span>${name}</span><b data-of=${name}>${dn.toFixed(2)} DN</b><b>${e === null ? "" : `${e < 1000 ? (e + 0).toFixed(1).replace("-0.0", "0.0") : grouped(e)} e⁻`}</b>`;
    return html`
      <div class="bar"><h2>Numbers</h2><span class="dim">of raw data</span><span class="grow"></span>
        <button class="btn small" id="measure" aria-pressed=${store.area === "measure"} ?disabled=${!frame} title="Draw the area of mean and sigma on the image" @click=${() => document.dispatchEvent(new Event("studio-area"))}>Area</button>
        <button class="btn small" id="over" aria-pressed=${this.time} title="Mean and sigma of the area over time" @click=${() => { this.time = !this.time; this.made = ""; this.requestUpdate(); }}>time</button>
        <button class="btn small" id="log" aria-pressed=${this.log} @click=${() => { this.log = !this.log; this.requestUpdate(); }}>log</button></div>
      <div class="plots">
        <div class="plot"><p><span>Histogram <span class="dim">pixels over DN</span></span>${frame ? (frame.saturated ? html`<span class="flag" id="saturated">▨ ${share < 0.0005 ? `${grouped(frame.saturated)} pixels` : `${(share * 100).toFixed(1)} %`} at ${frame.white}</span>` : html`<span class="dim">none saturated</span>`) : nothing}</p><div id="histogram"></div></div>
        <div class="plot"><p>${this.time ? html`<span>Area over time <span class="dim">DN over s; sigma dashed, right</span></span>` : html`<span>Line profile <span class="dim">DN over x</span></span>`}<span class="dim">${numbers && !this.time ? `row ${numbers.row}${store.cursor ? ", through the cursor" : ""}` : ""}</span></p><div id="profile"></div></div>
        <div class="stats" id="stats">${numbers
          ? html`${row("mean", numbers.mean, numbers.mean_e)}${row("sigma", numbers.sigma, numbers.sigma_e)}${numbers.shot === null ? nothing : row("shot noise alone", numbers.shot, numbers.shot_e)}${numbers.temporal === undefined ? nothing : row("temporal noise", numbers.temporal, frame && !frame.no_electrons ? numbers.temporal / frame.K : null)}
            <span class="of dim">${numbers.region[2]} x ${numbers.region[3]} pixels at ${numbers.region[0]}, ${numbers.region[1]}</span>`
          : nothing}</div>
      </div>`;
  }

  override firstUpdated(): void {
    new ResizeObserver(() => this.fit()).observe(this.querySelector("#histogram")!);
    store.on(["cursor"], () => {
      this.due ||= requestAnimationFrame(() => {
        this.due = 0;
        this.plots.profile?.redraw(false);
      });
    });
    store.on(["theme"], () => {
      this.made = "";
      this.plot();
    });
  }

  override updated(): void {
    this.plot();
  }

  private fit(): void {
    for (const [name, plot] of Object.entries(this.plots)) {
      const { width, height } = this.querySelector(`#${name}`)!.getBoundingClientRect();
      if (width > 20 && height > 20) plot.setSize({ width, height });
    }
  }

  private plot(): void {
    const { frame, histogram, profile } = store;
    if (!frame || !histogram || !profile) return;
    const made = `${store.twin?.name} ${this.log} ${frame.white} ${frame.width}`;
    if (made !== this.made) {
      for (const plot of Object.values(this.plots)) plot.destroy();
      this.plots = { histogram: this.makeHistogram(frame.white), profile: this.time ? this.makeHistory() : this.makeProfile(frame.white, frame.width) };
      this.made = made;
    }
    this.plots.histogram?.setData(binned(histogram, this.log));
    const { history } = store;
    if (this.time) this.plots.profile?.setData([history.map(({ t }) => t / 1e9), history.map(({ mean }) => mean), history.map(({ sigma }) => sigma)]);
    else this.plots.profile?.setData([Float64Array.from(profile, (_, i) => i), Float64Array.from(profile)]);
  }

  private base(id: string): { width: number; height: number; place: HTMLElement } {
    const place = this.querySelector<HTMLElement>(`#${id}`)!;
    const { width, height } = place.getBoundingClientRect();
    return { width: Math.max(width, 60), height: Math.max(height, 40), place };
  }

  private axis(extra: uPlot.Axis): uPlot.Axis {
    const line = { stroke: colour("grid"), width: 1 };
    return { stroke: colour("dim"), grid: line, ticks: { show: false }, font: FONT, gap: 3, ...extra };
  }

  private makeHistogram(white: number): uPlot {
    const { width, height, place } = this.base("histogram");
    const blue = colour("readout");
    const ends = (low: number, high: number): [number, number] => [low, high];
    return new uPlot(
      {
        width, height, legend: { show: false }, cursor: { show: false }, padding: [9, 16, 0, 0],
        scales: { x: { time: false, range: () => ends(0, white + 1) }, y: this.log ? { distr: 3, range: (_, __, high) => ends(0.7, Math.max(10, high * 1.6)) } : { range: (_, __, high) => ends(0, Math.max(10, high * 1.05)) } },
        axes: [this.axis({ size: 20, splits: () => [0, 0.25, 0.5, 0.75, 1].map((k) => Math.round(k * (white + 1))), values: (_, at) => at.map((x) => String(Math.min(x, white))) }),
          this.axis(this.log ? { size: 38, filter: (_, at) => at, splits: (plot) => [1, 100, 1e4, 1e6].filter((y) => y <= (plot.scales.y!.max ?? 1)), values: (_, at) => at.map((y) => ["1", "10²", "10⁴", "10⁶"][Math.log10(y) / 2]!) } : { size: 38, values: (_, at) => at.map(compact) })],
        series: [{}, { fill: blue, stroke: blue, width: 1, points: { show: false }, paths: uPlot.paths.stepped!({ align: 1 }) }],
        hooks: { draw: [(plot) => saturatedBar(plot, white)] },
      },
      [[0], [0]], place,
    );
  }

  private makeProfile(white: number, columns: number): uPlot {
    const { width, height, place } = this.base("profile");
    return new uPlot(
      {
        width, height, legend: { show: false }, cursor: { show: false }, padding: [6, 16, 0, 0],
        scales: { x: { time: false, range: () => [0, columns] as [number, number] }, y: { range: () => [0, white * 1.04] as [number, number] } },
        axes: [this.axis({ size: 20, splits: () => [0, 0.25, 0.5, 0.75, 1].map((k) => Math.round(k * columns)), values: (_, at) => at.map(String) }),
          this.axis({ size: 38, splits: () => [0, Math.round(white / 2), white], values: (_, at) => at.map(String) })],
        series: [{}, { stroke: colour("readout"), width: 1, points: { show: false } }],
        hooks: { draw: [(plot) => whiteLine(plot, white)] },
      },
      [[0], [0]], place,
    );
  }

  private makeHistory(): uPlot {
    const { width, height, place } = this.base("profile");
    const wide = (low: number, high: number): [number, number] => {
      const room = Math.max((high - low) * 0.1, Math.abs(high) * 0.01, 0.1);
      return [Math.max(0, low - room), high + room];
    };
    const scale = { range: (_: uPlot, low: number, high: number) => wide(low ?? 0, high ?? 1) };
    const axis = (extra: uPlot.Axis) => this.axis({ values: (_, at) => at.map((x) => String(Number(x.toPrecision(4)))), ...extra });
    return new uPlot(
      {
        width, height, legend: { show: false }, cursor: { show: false }, padding: [6, 4, 0, 0],
        scales: { x: { time: false }, y: scale, sigma: scale },
        axes: [axis({ size: 20 }), axis({ size: 44 }), axis({ size: 44, side: 1, scale: "sigma", grid: { show: false } })],
        series: [{}, { stroke: colour("readout"), width: 1.5, points: { show: false } }, { scale: "sigma", stroke: colour("open"), width: 1.5, dash: [5, 3], points: { show: false } }],
      },
      [[0], [0], [0]], place,
    );
  }
}

// Counts at most as many bins as can be seen; the saturated code keeps one of its own.
function binned(histogram: Uint32Array, log: boolean): [number[], (number | null)[]] {
  const step = Math.max(1, Math.ceil(histogram.length / 512));
  const [xs, ys]: [number[], (number | null)[]] = [[], []];
  for (let i = 0; i < histogram.length; i += step) {
    let sum = 0;
    for (let j = i; j < Math.min(i + step, histogram.length - 1); j++) sum += histogram[j]!;
    xs.push(i);
    ys.push(sum || (log ? 0.7 : 0));
  }
  xs.push(histogram.length);
  ys.push(log ? 0.7 : 0);
  return [xs, ys];
}

function saturatedBar(plot: uPlot, white: number): void {
  const count = store.frame?.saturated ?? 0;
  if (!count) return;
  const { ctx: g, bbox } = plot;
  const k = devicePixelRatio || 1;
  const y = Math.max(bbox.top, plot.valToPos(count, "y", true));
  const x = Math.min(plot.valToPos(white + 1, "x", true), bbox.left + bbox.width);
  const rect: [number, number, number, number] = [x - 8 * k, y, 8 * k, bbox.top + bbox.height - y];
  g.save();
  g.fillStyle = colour("paper");
  g.fillRect(...rect);
  g.fillStyle = hatch(g, colour("sat"));
  g.fillRect(...rect);
  Object.assign(g, { strokeStyle: colour("sat"), lineWidth: 1.5 * k });
  g.strokeRect(...rect);
  g.restore();
}

function whiteLine(plot: uPlot, white: number): void {
  const { ctx: g, bbox } = plot;
  const k = devicePixelRatio || 1;
  const y = plot.valToPos(white, "y", true);
  g.save();
  g.setLineDash([4 * k, 3 * k]);
  Object.assign(g, { strokeStyle: colour("sat"), lineWidth: k });
  g.beginPath();
  g.moveTo(bbox.left, y);
  g.lineTo(bbox.left + bbox.width, y);
  if (store.cursor) {
    const x = plot.valToPos(store.cursor.x + 0.5, "x", true);
    g.moveTo(x, bbox.top);
    g.lineTo(x, bbox.top + bbox.height);
  }
  g.stroke();
  g.restore();
}

const compact = (y: number): string => (y >= 1e6 ? `${y / 1e6}M` : y >= 1e3 ? `${y / 1e3}k` : String(y));

customElements.define("studio-numbers", Numbers);
