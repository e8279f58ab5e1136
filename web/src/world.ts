// World and faults: scene, temperature, signals, cable, power, packets; each as the line that does the same.
import { html, nothing, type TemplateResult } from "lit";
import { Panel } from "./draw";
import { act, copy, store, type Topic } from "./store";

interface Lines { python: string; toml: string }

class World extends Panel {
  static override topics: Topic[] = ["world", "twin", "trace"];
  line = "";
  width = 500;
  period = 100;
  count = 1;
  drop = 1;
  heat = 76;
  language: "python" | "toml" = "python";
  private last: { title: string; lines: Lines } | null = null;

  private async inject(title: string, word: string, given: Record<string, unknown> = {}): Promise<void> {
    const lines = await act<Lines>("inject", { word, with: given });
    if (lines) this.last = { title, lines };
    this.requestUpdate();
  }

  override render(): TemplateResult {
    const { world, twin } = store;
    if (!world || !twin) return html``;
    const inputs = [...store.lanes].filter(([, lane]) => !lane.out).map(([name]) => name);
    if (!inputs.includes(this.line)) this.line = inputs[0] ?? "";
    return html`<div class="scroll"><div class="world">
      <h3>World</h3>
      <div class="w"><label for="scene">Scene</label><select id="scene" class="two" @change=${(event: Event) => this.inject("Scene", "scene", { scene: (event.target as HTMLSelectElement).value })}>
        ${Object.entries({ ...(world.scene in twin.scenes ? {} : { [world.scene]: world.scene }), ...twin.scenes }).map(([scene, title]) => html`<option value=${scene} .selected=${scene === world.scene}>${title}</option>`)}</select></div>
      ${this.slider("ambient", "Ambient", world.ambient_C, -20, 80, "°C", (value) => this.inject("Ambient", "ambient", { celsius: value }))}
      <div class="w"><span class="lbl">Inside</span><span class="two"><b id="inside">${world.inside_C.toFixed(1)} °C</b> <span class="dim">${world.status}</span></span></div>
      ${inputs.length ? this.signals(inputs) : nothing}
      <h3>Link and host</h3>
      ${this.toggle("cable", world.plugged ? "Pull data cable" : "Plug it in", !world.plugged, world.plugged ? "unplug" : "plug", world.plugged ? "frames wait in memory" : "the link is down")}
      ${this.toggle("slow", world.fetching ? "Stop the host" : "Let it fetch", !world.fetching, world.fetching ? "stall" : "fetch", world.fetching ? "it fetches no frame" : "frames wait in memory")}
      ${world.network ? html`<div class="w ${world.drop ? "on" : ""}"><button class="btn" id="packets" @click=${() => this.inject("Lose packets", "packets", { drop: world.drop ? 0 : this.drop / 100 })}>${world.drop ? "Losing packets" : "Lose packets"}</button>
        <input type="range" min="0.01" max="5" step="0.01" .value=${String(this.drop)} aria-label="Packets lost" @input=${(event: Event) => { this.drop = Number((event.target as HTMLInputElement).value); this.requestUpdate(); }}><output>${this.drop.toFixed(2)} %</output></div>` : nothing}
      ${this.toggle("silence", "Client dies", false, "silence", "its session ends")}
      <h3>Power and heat</h3>
      ${this.toggle("power", world.powered ? "Cut the power" : "Switch it on", !world.powered, world.powered ? "power_off" : "power_on", world.powered ? "unsaved settings are lost" : "the camera is off")}
      <div class="w ${world.held_C === null ? "" : "on"}"><button class="btn" id="heat" @click=${() => this.inject("Overheat", "heat", { celsius: this.heat })}>Overheat</button>
        <input type="range" min="20" max="110" .value=${String(this.heat)} aria-label="Temperature inside" @input=${(event: Event) => { this.heat = Number((event.target as HTMLInputElement).value); this.requestUpdate(); }}><output>${this.heat} °C</output></div>
      ${world.held_C === null ? nothing : html`<div class="w"><span></span><button class="btn two" @click=${() => this.inject("Ambient", "ambient", { celsius: world.ambient_C })}>Let it cool again</button></div>`}
    </div></div>${this.equals()}`;
  }

  private slider(id: string, label: string, value: number, low: number, high: number, unit: string, set: (value: number) => void): TemplateResult {
    return html`<div class="w"><label for=${id}>${label}</label><input type="range" id=${id} min=${low} max=${high} .value=${String(value)} @change=${(event: Event) => set(Number((event.target as HTMLInputElement).value))}><output>${value.toFixed(0)} ${unit}</output></div>`;
  }

  private toggle(id: string, text: string, on: boolean, word: string, more: string): TemplateResult {
    return html`<div class="w ${on ? "on" : ""}"><button class="btn" id=${id} @click=${() => this.inject(text, word)}>${text}</button><span class="two dim">${more}</span></div>`;
  }

  private signals(inputs: string[]): TemplateResult {
    const field = (id: string, label: string, value: number, set: (value: number) => void, unit: string) => html`<label class="f">${label}<input type="text" inputmode="decimal" id=${id} .value=${String(value)} @change=${(event: Event) => { set(Number((event.target as HTMLInputElement).value) || value); this.requestUpdate(); }}><span class="u">${unit}</span></label>`;
    const given = { line: this.line, width_us: this.width, period_ms: this.period, count: this.count };
    const source = store.states.TriggerSource?.value;
    const wired = store.states.TriggerMode?.value === "On" && source === this.line;
    return html`<h3>Signals</h3>
      <div class="w"><label for="line">Input</label><select id="line" class="two" @change=${(event: Event) => { this.line = (event.target as HTMLSelectElement).value; this.requestUpdate(); }}>${inputs.map((name) => html`<option .selected=${name === this.line}>${name}</option>`)}</select></div>
      <div class="fields">${field("width", "width", this.width, (value) => (this.width = value), "µs")}${field("period", "period", this.period, (value) => (this.period = value), "ms")}${field("pulses", "pulses", this.count, (value) => (this.count = Math.max(1, Math.round(value))), "")}</div>
      <div class="w"><button class="btn" id="pulse" @click=${() => this.inject("Pulse", "pulse", given)}>Pulse ${this.line}</button>
        <span class="two">${wired ? html`<span class="dim">each is a trigger</span>` : html`<button class="btn small" id="wire" @click=${() => this.wire()}>Let ${this.line} trigger frames</button>`}</span></div>
      <div class="w"><button class="btn" id="bounce" @click=${() => this.inject("Bounce", "bounce", { line: this.line })}>Bounce</button><span class="two dim">a contact closes 3 times</span></div>`;
  }

  private async wire(): Promise<void> {
    for (const [name, value] of [["TriggerSelector", "FrameStart"], ["TriggerMode", "On"], ["TriggerSource", this.line]]) await act("set", { name, value });
  }

  private equals(): TemplateResult {
    if (!this.last) return html`<div class="equals"><span class="dim">What you do here appears as a line of Python and of a scenario.</span></div>`;
    const { title, lines } = this.last;
    const language = lines.toml ? this.language : "python";
    return html`<div class="equals" id="equals"><div class="hd"><span>“${title}” as a line of</span>
      <span class="seg">${(["toml", "python"] as const).filter((each) => lines[each]).map((each) => html`<button class="btn small" aria-pressed=${language === each} @click=${() => { this.language = each; this.requestUpdate(); }}>${each === "toml" ? "TOML" : "Python"}</button>`)}</span></div>
      <div class="code"><pre>${lines[language]}</pre><button class="btn small" @click=${() => copy(lines[language])}>Copy</button></div></div>`;
  }
}
customElements.define("studio-world", World);
