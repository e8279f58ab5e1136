// The whole feature tree: search, visibility, what is locked and why, limits, texts, and each feature as code.
import { html, nothing, type TemplateResult } from "lit";
import { icon, Panel, short } from "./draw";
import { act, copy, download, store, toast, type Topic } from "./store";
import type { Description, State, Value } from "./types";

const LEVELS = ["Beginner", "Expert", "Guru", "Invisible"];
const LANGUAGES = ["camtwin", "Aravis", "Harvesters", "arv-tool"];
interface Detail { why: { text: string; fix: string | null }; code: Record<string, string> }

class Features extends Panel {
  static override topics: Topic[] = ["features", "twin"];
  query = "";
  level = 0;
  onlyChanged = false;
  onlyLocked = false;
  open = "";
  language = "camtwin";
  private closed = new Set<string>();
  private detail: Detail | null = null;
  private stale = false;

  override firstUpdated(): void {
    document.addEventListener("studio-feature", (event) => this.go((event as CustomEvent<string>).detail));
    store.on(["features"], () => void this.look());
    this.addEventListener("keydown", (event) => this.keyed(event));
  }

  go(name: string): void {
    const node = store.descriptions.find((each) => each.name === name);
    if (!node) return;
    Object.assign(this, { query: "", onlyChanged: false, onlyLocked: false, level: Math.max(this.level, LEVELS.indexOf(node.visibility)) });
    this.closed.delete(node.chapter);
    this.unfold(name, true);
    void this.updateComplete.then(() => {
      const row = this.querySelector(`[data-name="${name}"]`);
      row?.scrollIntoView({ block: "center" });
      row?.querySelector<HTMLElement>(".name")?.focus();
    });
  }

  private unfold(name: string, open = this.open !== name): void {
    this.open = open ? name : "";
    this.detail = null;
    this.requestUpdate();
    void this.look();
  }

  private async look(): Promise<void> {
    if (!this.open || this.stale) return;
    this.stale = true;
    const name = this.open;
    const detail = await act<Detail>("feature", { name });
    this.stale = false;
    if (detail && name === this.open) this.detail = detail;
    this.requestUpdate();
  }

  private async save(): Promise<void> {
    try {
      toast(`Saved ${download((await store.link.fetch("set_saved")).parts)}`);
    } catch (problem) {
      toast((problem as Error).message, true);
    }
  }

  private async load(input: HTMLInputElement): Promise<void> {
    const text = await input.files?.[0]?.text();
    input.value = "";
    if (text === undefined) return;
    const done = await act<{ refused: string[] }>("set_loaded", { text: text.slice(0, 60000) });
    if (done) toast(done.refused.length ? `${done.refused.length} refused: ${done.refused[0]}` : "The set is written", done.refused.length > 0);
  }

  private shown(): Description[] {
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    return store.descriptions.filter((node) => {
      const state = store.states[node.name];
      if (!state || LEVELS.indexOf(node.visibility) > this.level) return false;
      if (this.onlyChanged && !state.changed) return false;
      if (this.onlyLocked && !locked(node, state)) return false;
      const text = `${node.name} ${node.doc}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  override render(): TemplateResult {
    const shown = this.shown();
    const within = store.descriptions.filter((node) => LEVELS.indexOf(node.visibility) <= this.level);
    const count = (test: (node: Description, state: State) => unknown) => within.filter((node) => store.states[node.name] && test(node, store.states[node.name]!)).length;
    const chapters = [...new Set(shown.map((node) => node.chapter))];
    return html`<h2>Features</h2>
      <div class="find"><input type="search" id="q" placeholder="Search names and descriptions" aria-label="Search features" .value=${this.query}
          @input=${(event: Event) => { this.query = (event.target as HTMLInputElement).value; this.requestUpdate(); }}>
        <select id="level" aria-label="Visibility" @change=${(event: Event) => { this.level = (event.target as HTMLSelectElement).selectedIndex; this.requestUpdate(); }}>
          ${LEVELS.slice(0, 3).map((level, i) => html`<option ?selected=${i === this.level}>${level}</option>`)}</select>
        <div class="chips">
          <button class="btn small" id="changed" aria-pressed=${this.onlyChanged} @click=${() => { this.onlyChanged = !this.onlyChanged; this.requestUpdate(); }}><span class="ch">●</span> ${count((_, state) => state.changed)} changed</button>
          <button class="btn small" id="locked" title="or not available" aria-pressed=${this.onlyLocked} @click=${() => { this.onlyLocked = !this.onlyLocked; this.requestUpdate(); }}>${count(locked)} locked</button>
          <button class="btn small" id="saveset" title="All that differs from the factory, as a file" @click=${() => this.save()}>Save set</button><button class="btn small" id="loadset" title="Write the lines of a file" @click=${() => this.querySelector<HTMLInputElement>("#setfile")!.click()}>Load</button><input type="file" id="setfile" accept=".txt" hidden @change=${(event: Event) => this.load(event.target as HTMLInputElement)}>
          <span class="grow"></span><span class="dim" id="count">${shown.length} of ${store.descriptions.length}</span></div></div>
      <div class="scroll" id="tree">${chapters.map((chapter) => this.chapter(chapter, shown.filter((node) => node.chapter === chapter)))}
        ${shown.length ? nothing : html`<p class="nothing dim">No feature of this visibility fits.</p>`}</div>`;
  }

  private chapter(name: string, nodes: Description[]): TemplateResult {
    const open = !this.closed.has(name) || this.query !== "";
    const toggle = () => {
      if (!this.closed.delete(name)) this.closed.add(name);
      this.requestUpdate();
    };
    return html`<button class="chap" aria-expanded=${open} @click=${toggle}><i>${open ? "▾" : "▸"}</i>${name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")}<small>${nodes.length}</small></button>
      ${open ? nodes.map((node) => this.feature(node)) : nothing}`;
  }

  private feature(node: Description): TemplateResult {
    const state = store.states[node.name]!;
    const open = this.open === node.name;
    const shut = locked(node, state);
    return html`<div class="feat ${shut ? "off" : ""} ${open ? "open" : ""}" data-name=${node.name}>
      <div class="row"><button class="name" aria-expanded=${open} title=${node.doc} @click=${() => this.unfold(node.name)}>${state.changed ? html`<span class="ch" title="not as from the factory">●</span>` : nothing}${node.name}</button>
        <span class="val">${this.value(node, state)}${shut ? html`<button class="lockb" aria-label="Why ${node.name} is locked" @click=${() => this.unfold(node.name, true)}>${icon("lock")}</button>` : nothing}</span></div>
      ${open ? this.more(node, state) : nothing}</div>`;
  }

  private value(node: Description, state: State, put: (value: Value) => unknown = (value) => this.write(node, value)): TemplateResult {
    const off = state.access === "RO" || state.access === "NA";
    const write = (value: Value) => void put(numbered(node, value));
    if (node.kind === "Command") return html`<button class="btn small exec" ?disabled=${off} @click=${() => write(1)}>Execute</button>`;
    if (state.value === null || state.value === undefined) return html`<span class="ro dim">not available</span>`;
    if (node.access === "RO" || node.kind === "Register") return html`<span class="ro" title=${String(state.value)}>${text(state.value)}</span><span class="u">${unit(node)}</span>`;
    if (node.kind === "Boolean") return html`<label class="ck"><input type="checkbox" aria-label=${node.name} ?disabled=${off} .checked=${state.value === true} @change=${(event: Event) => write((event.target as HTMLInputElement).checked)}> ${state.value ? "on" : "off"}</label>`;
    if (node.kind === "Enumeration")
      return html`<select aria-label=${node.name} ?disabled=${off} @change=${(event: Event) => write((event.target as HTMLSelectElement).value)}>
        ${[...new Set([...(state.entries ?? []), String(state.value)])].map((entry) => html`<option ?selected=${entry === state.value} .selected=${entry === state.value}>${entry}</option>`)}</select>`;
    return html`<input type="text" aria-label=${node.name} ?disabled=${off} .value=${text(state.value)} @change=${(event: Event) => write((event.target as HTMLInputElement).value)}><span class="u">${unit(node)}</span>`;
  }

  private async write(node: Description, value: Value): Promise<void> {
    const done = await act("set", { name: node.name, value });
    if (!done) this.restore(node.name);
  }

  // Shows the camera's value again where it refused another one.
  private restore(name: string): void {
    const field = this.querySelector<HTMLInputElement | HTMLSelectElement>(`[data-name="${name}"] .val input, [data-name="${name}"] .val select`);
    const value = store.states[name]?.value;
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = value === true;
    else if (field) field.value = text(value ?? "");
  }

  private more(node: Description, state: State): TemplateResult {
    const facts: [string, string][] = [];
    if (state.min !== undefined && state.max !== undefined) facts.push(["limits", `${short(state.min)} to ${short(state.max)} ${unit(node)}`]);
    if (node.inc) facts.push(["increment", short(node.inc)]);
    if (state.factory !== undefined) facts.push(["factory", text(state.factory)]);
    if (node.by.length) facts.push(["of", node.by.map((name) => `${name} ${store.states[name]?.value ?? ""}`).join(", ")]);
    facts.push(["access", { RO: "read only", RW: "read and write", WO: "write only", NA: "not available" }[state.access]], ["level", node.visibility]);
    const code = this.detail?.code[this.language] ?? "";
    const why = this.detail?.why;
    return html`<div class="more"><p>${node.doc}</p>
      <div class="facts">${facts.map(([name, value]) => html`<span>${name} <b>${value}</b></span>`)}</div>
      ${why?.text ? html`<div class="note" id="note"><span>${why.text}</span>${why.fix ? this.fix(node, why.fix) : nothing}</div>` : nothing}
      ${state.changed && state.access === "RW" ? html`<div><button class="btn small" id="back" @click=${() => this.write(node, state.factory ?? null)}>Back to ${text(state.factory ?? "")}</button></div>` : nothing}
      ${this.detail ? html`<span class="seg" role="group" aria-label="Language">${LANGUAGES.map((language) => html`<button class="btn small" aria-pressed=${language === this.language} @click=${() => { this.language = language; this.requestUpdate(); }}>${language}</button>`)}</span>
        <div class="code"><pre id="code">${code}</pre><button class="btn small" @click=${() => copy(code)}>Copy</button></div>` : nothing}</div>`;
  }

  private fix(node: Description, fix: string): TemplateResult {
    const [name, value] = fix.split("=") as [string, string | undefined];
    if (value !== undefined) return html`<span class="fixes"><button class="btn small" @click=${() => act("set", { name, value })}>Set ${name} to ${text(value === "true" || value === "True" ? true : value === "False" ? false : value)}</button><button class="btn small" @click=${() => this.go(name)}>Show ${name}</button></span>`;
    if (node.kind === "Command") return html`<button class="btn small" @click=${() => act("set", { name })}>${name}</button>`;
    const state: State = { ...store.states[node.name]!, access: "RW" };
    return html`<span class="fixes val" id="unlock">${this.value(node, state, (given) => act("restart", { set: { [node.name]: given } }))}</span><span class="dim">A change here stops the acquisition, writes it, and starts again.</span>`;
  }

  private keyed(event: KeyboardEvent): void {
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = event.target as HTMLElement;
    if (!way || at.closest("select") || (at instanceof HTMLInputElement && at.id !== "q")) return;
    const stops = [...this.querySelectorAll<HTMLElement>(".feat .name, .chap")];
    const next = stops[at.id === "q" ? 0 : stops.indexOf(at) + way];
    (next ?? this.querySelector<HTMLElement>("#q"))?.focus();
    event.preventDefault();
  }
}
customElements.define("studio-features", Features);

function locked(node: Description, state: State): boolean {
  return state.access === "NA" || (node.access !== "RO" && state.access === "RO");
}

// A number where the feature is one and the text says one; the camera judges everything else.
function numbered(node: Description, value: Value): Value {
  const numeric = (node.kind === "Integer" || node.kind === "Float") && typeof value === "string" && node.form !== "IPV4Address";
  return numeric && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
}

const UNITS: Record<string, string> = { us: "µs", degC: "°C" };
const unit = (node: Description): string => UNITS[node.unit ?? ""] ?? node.unit ?? "";

function text(value: Value): string {
  if (typeof value === "number") return short(value);
  if (typeof value === "boolean") return value ? "on" : "off";
  return value ?? "";
}
