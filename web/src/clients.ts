// Beside a twin that programs use: who is connected, what was sent, and a live log decoded to features.
import { html, nothing, type TemplateResult } from "lit";
import { grouped, Panel } from "./draw";
import { store, type Topic } from "./store";
import type { Logged } from "./types";

const SHOWN = 300;

class Clients extends Panel {
  static override topics: Topic[] = ["clients", "twin"];
  query = "";
  private reads = true;

  override render(): TemplateResult {
    const { clients } = store;
    if (!clients) return html``;
    const others = clients.peers.filter((peer) => peer !== clients.client);
    const row = (name: string, value: string, id = "") => html`<span>${name}</span><b id=${id || nothing}>${value}</b>`;
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (entry: Logged) => (this.reads || entry.kind !== "request") && words.every((word) => `${entry.kind} ${entry.peer} ${entry.word} ${entry.text}`.toLowerCase().includes(word));
    const entries = [...store.log.values()].filter(fits);
    return html`<div class="figures">${row("in control", clients.client ?? "nobody", "client")}${others.length ? row("others", others.join(", ")) : nothing}
        ${row("found at", clients.where)}${row("frames", grouped(clients.frames), "frames-sent")}${row("sent", `${(clients.bytes / 1e6).toFixed(1)} MB`)}
        ${clients.transfers === null ? html`${row("packets", grouped(clients.packets))}${row("resent", grouped(clients.resent), "resent")}` : row("transfers", grouped(clients.transfers))}
        ${clients.late ? row("late frames", grouped(clients.late)) : nothing}${clients.dropped ? row("dropped", `${grouped(clients.dropped)}: this computer is too slow`) : nothing}${clients.skipped ? row("skipped", `${grouped(clients.skipped)}: the host is too slow`) : nothing}</div>
      <div class="find"><input type="search" id="logq" placeholder="Search the log" aria-label="Search the log" .value=${this.query} @input=${(event: Event) => { this.query = (event.target as HTMLInputElement).value; this.requestUpdate(); }}>
        <button class="btn small" id="reads" aria-pressed=${this.reads} @click=${() => { this.reads = !this.reads; this.requestUpdate(); }}>requests</button></div>
      <div class="scroll"><div class="log" id="log">${entries.slice(-SHOWN).reverse().map((entry) => this.entry(entry))}</div>
      ${entries.length ? nothing : html`<p class="nothing dim">No client has asked for anything yet.</p>`}</div>`;
  }

  private entry(entry: Logged): TemplateResult {
    const times = entry.times > 1 ? html` <b>×${entry.times}</b>` : nothing;
    return html`<time>${(entry.t / 1e9).toFixed(3)}</time><span class=${entry.kind}>${{ request: entry.word, resend: "resend", write: "wrote", refused: "refused" }[entry.kind]}</span><span title=${entry.peer}>${entry.text}${times}</span>`;
  }
}
customElements.define("studio-clients", Clients);
