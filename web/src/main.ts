// The page around the panels: head, verdicts, tabs, status line, and the states without a camera.
import { html, nothing, type TemplateResult } from "lit";
import "./studio.css";
import "./picture";
import "./numbers";
import "./time";
import "./features";
import "./rate";
import "./world";
import "./scenario";
import "./clients";
import { icon, Panel } from "./draw";
import { act, copy, store, toast, type Topic } from "./store";
import type { Verdict } from "./types";

type Tab = "features" | "rate" | "world" | "scenario" | "clients";
const TABS: [Tab, string][] = [["features", "Features"], ["rate", "Frame rate"], ["world", "World"], ["scenario", "Scenario"], ["clients", "Clients"]];

// Tabs that are there: a page beside programs has their log in place of scenarios.
function tabsHere(): [Tab, string][] {
  const without = store.twin?.attached ? "scenario" : "clients";
  return TABS.filter(([name]) => name !== without && !(WIDE.matches && name === "features"));
}
const PACES: (number | "max")[] = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100, "max"];
const WIDE = matchMedia("(min-width: 1700px)");

class Studio extends Panel {
  static override topics: Topic[] = ["twin", "update", "select"];
  tab: Tab = WIDE.matches ? "rate" : "features";
  theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";

  override connectedCallback(): void {
    super.connectedCallback();
    document.documentElement.dataset.theme = this.theme;
    WIDE.addEventListener("change", () => this.show(this.tab));
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("studio-tab", (event) => this.show((event as CustomEvent<Tab>).detail));
    store.start().catch((problem: Error) => {
      if (store.stage !== "gone") toast(problem.message, true);
    });
  }

  private key(event: KeyboardEvent): void {
    if ((event.target as HTMLElement).closest("input, select, textarea")) return;
    if (event.key === "/") {
      this.show("features");
      void this.updateComplete.then(() => document.getElementById("q")?.focus());
      event.preventDefault();
    }
    if (event.key === " " && event.target === document.body) {
      this.run();
      event.preventDefault();
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && store.undo) void this.undo();
  }

  show(tab: Tab): void {
    this.tab = WIDE.matches && tab === "features" ? (this.tab === "features" ? "rate" : this.tab) : tab;
    this.requestUpdate();
  }

  private run(): void {
    void act(store.running ? "pause" : "run");
  }

  private async undo(): Promise<void> {
    const done = await act<{ name: string }>("undo");
    if (done) toast(`${done.name} is as it was`);
  }

  private turn(): void {
    this.theme = this.theme === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = this.theme;
    this.requestUpdate();
    store.say("theme");
  }

  override render(): TemplateResult {
    const live = store.stage === "live";
    return html`
      ${this.head()}
      <nav class="verdicts" aria-label="What to look at first">${live ? store.verdicts.map((each) => this.verdict(each)) : nothing}</nav>
      ${live ? this.main() : this.empty()}
      <footer>${live ? this.status() : nothing}</footer>
      <div class="toast" id="toast" role="status"></div>`;
  }

  private head(): TemplateResult {
    const { twin } = store;
    return html`<header>
      <h1>camtwin <span>studio</span></h1>
      <div class="cams" role="group" aria-label="Twins">
        ${twin?.twins.map(
          (each) => html`<button class="btn" aria-pressed=${each.name === twin.name} @click=${() => store.select(each.name)}>
            <span class="dot"></span>${each.camera ? `${each.camera}: ` : ""}${each.title}</button>`,
        )}
        ${twin && !twin.attached
          ? html`<select aria-label="Open another camera" id="another" @change=${(event: Event) => this.another(event)}>
              <option value="">Open…</option>
              ${store.models.map((each) => html`<option value=${each.model}>${each.title}</option>`)}
            </select>`
          : nothing}
      </div>
      <span class="scn dim">${twin ? (twin.camera && store.played ? store.played.title : store.world ? (twin.scenes[store.world.scene] ?? store.world.scene) : "") : ""}</span><span class="grow"></span>
      ${twin
        ? html`<button class="btn" id="undo" ?disabled=${!store.undo} title="Ctrl Z" @click=${() => this.undo()}>Undo${store.undo ? ` ${store.undo}` : ""}</button>
            <button class="btn" id="factory" @click=${() => this.factory()}>Factory settings</button>`
        : nothing}
      <button class="btn" id="theme" aria-label="Dark or light" @click=${() => this.turn()}>◐</button>
    </header>`;
  }

  private another(event: Event): void {
    const select = event.target as HTMLSelectElement;
    const model = select.value;
    select.value = "";
    const before = store.twin?.name;
    if (model)
      store.create(model).catch((problem: Error) => {
        toast(problem.message, true);
        if (before) void store.select(before);
      });
  }

  private async factory(): Promise<void> {
    const done = await act<{ left: string[] }>("factory");
    if (done) toast(done.left.length ? `Not restored: ${done.left.join(", ")}` : "Every setting is as the factory left it", done.left.length > 0);
  }

  private verdict(verdict: Verdict): TemplateResult {
    return html`<button class="verdict" data-about=${verdict.about} title="${verdict.text}. ${verdict.more}" @click=${() => this.follow(verdict)}>
      ${icon(verdict.kind)}<span class="q"><b>${verdict.text}</b></span><span class="then">${verdict.more}</span></button>`;
  }

  private follow(verdict: Verdict): void {
    if (verdict.about === "rate") return this.show("rate");
    if (verdict.about === "time") {
      if (store.marks.length) store.selected = store.marks.length - 1;
      store.say("select");
      document.getElementById("tl")?.focus();
      return;
    }
    this.show("features");
    document.dispatchEvent(new CustomEvent("studio-feature", { detail: verdict.feature }));
  }

  private main(): TemplateResult {
    const tabs = tabsHere();
    return html`<main>
      <div class="top"><studio-picture class="panel" id="picture"></studio-picture><studio-numbers class="panel" id="numbers"></studio-numbers></div>
      <studio-time class="panel" id="time"></studio-time>
      <aside class="side" aria-label="Camera and world">
        <div class="tabs" role="tablist">
          ${tabs.map(([name, label]) => html`<button role="tab" data-tab=${name} aria-selected=${this.tab === name} tabindex=${this.tab === name ? 0 : -1} @click=${() => this.show(name)} @keydown=${(event: KeyboardEvent) => this.tabKey(event, name)}>${label}</button>`)}
        </div>
        <studio-features class="pane" id="pane-features" role="tabpanel" ?hidden=${this.tab !== "features" && !WIDE.matches}></studio-features>
        <studio-rate class="pane" id="pane-rate" role="tabpanel" ?hidden=${this.tab !== "rate"}></studio-rate>
        <studio-world class="pane" id="pane-world" role="tabpanel" ?hidden=${this.tab !== "world"}></studio-world>
        ${store.twin?.attached
          ? html`<studio-clients class="pane" id="pane-clients" role="tabpanel" ?hidden=${this.tab !== "clients"}></studio-clients>`
          : html`<studio-scenario class="pane" id="pane-scenario" role="tabpanel" ?hidden=${this.tab !== "scenario"}></studio-scenario>`}
      </aside>
    </main>`;
  }

  private tabKey(event: KeyboardEvent, name: Tab): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const tabs = tabsHere().map(([each]) => each);
    this.show(tabs[(tabs.indexOf(name) + step + tabs.length) % tabs.length]!);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("[role=tab][aria-selected=true]")?.focus());
  }

  private status(): TemplateResult {
    const pace = PACES.indexOf(store.pace);
    const { delivered, lost, missed } = store.counts;
    const seconds = (store.now / 1e9).toFixed(6);
    return html`
      ${store.twin?.attached ? html`<span class="dim">real time, as programs use it</span>` : html`<span class="transport">
        <button class="btn small" id="run" aria-label=${store.running ? "Pause" : "Run"} @click=${() => this.run()}>${store.running ? "❚❚" : "▶"}</button>
        <button class="btn small" id="step" title="Pause, and go on to the next event" @click=${() => act("step")}>Step ▸</button>
        <span class="pace"><span class="dim">pace</span>
          <input type="range" id="pace" min="0" max=${PACES.length - 1} .value=${String(pace < 0 ? 4 : pace)} aria-label="Pace of virtual time"
            @change=${(event: Event) => act("run", { pace: PACES[Number((event.target as HTMLInputElement).value)] })}>
          <output>${store.pace === "max" ? "max" : `${store.pace}x`}</output></span>
      </span>`}
      <span class="vt"><b id="now">${seconds.slice(0, -3)} ${seconds.slice(-3)}</b> s</span>
      <span>${store.acquiring ? html`<button class="btn small" id="stop" @click=${() => act("set", { name: "AcquisitionStop" })}>Stop camera</button>` : html`<button class="btn small primary" id="start" @click=${() => act("set", { name: "AcquisitionStart" })}>Start camera</button>`}</span>
      <span>${store.received ? `${store.received.toFixed(2)} fps received` : "– fps received"}</span>
      <span id="counts">${delivered} frame${delivered === 1 ? "" : "s"}${lost ? html` <b class="bad">✕ ${lost} lost</b>` : nothing}${missed ? html` <b class="bad">▼ ${missed} missed</b>` : nothing}</span>
      ${store.world ? html`<span>${store.world.inside_C.toFixed(1)} °C</span>` : nothing}
      <span>seed ${store.twin?.seed}</span>
      <span class="wide dim">${store.twin?.link}, serial ${store.twin?.serial}</span>`;
  }

  private empty(): TemplateResult {
    const body = {
      connecting: html`<h3>Connecting</h3>`,
      gone: html`<h3>The studio is not there</h3><p class="dim">${store.ended}</p>
          <p class="dim">Start it again with <code>camtwin studio</code>, and open the address that it prints.</p>
          <div><button class="btn" @click=${() => copy("camtwin studio")}>Copy the command</button></div>`,
      starting: html`<h3>Starting ${store.starting}</h3><progress aria-label="Starting"></progress>
          <p class="dim">Data sheet, sensor, GenICam description.</p>`,
      choose: html`<h3>Choose a camera</h3><p class="dim">Each opens as a twin of its own, true to its data sheet.</p>
          <div class="models">${store.models.map(
            (each) => html`<button class="btn" data-model=${each.model} @click=${() => store.create(each.model).catch((problem: Error) => toast(problem.message, true))}>
              ${each.title}<small>${each.sensor}, ${each.link}</small></button>`,
          )}</div>`,
      live: html``,
    }[store.stage];
    return html`<main class="bare"><div class="empty" data-stage=${store.stage}>${body}</div></main>`;
  }
}
customElements.define("camtwin-studio", Studio);
