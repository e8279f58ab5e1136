// Scenarios: lessons with text and files of the user, played, scrubbed; and what was done by hand, saved as one.
import { html, nothing, type TemplateResult } from "lit";
import { Panel } from "./draw";
import { act, download, store, toast, type Topic } from "./store";
import type { Paragraph, Played } from "./types";

interface Listed { name: string; title: string; lesson: boolean }

class Scenario extends Panel {
  static override topics: Topic[] = ["twin", "update"];
  private listed: Listed[] = [];
  private busy = false;
  private shown = "";

  override firstUpdated(): void {
    void this.list();
  }

  private async list(): Promise<void> {
    const found = await act<{ scenarios: Listed[] }>("scenarios");
    this.listed = found?.scenarios ?? [];
    this.requestUpdate();
  }

  // Redraws only if a step, a paragraph or the tenth of a second has changed.
  protected override shouldUpdate(): boolean {
    const { played, now, running, twin } = store;
    const shown = JSON.stringify([played?.name, Math.floor(now / 1e8), running, twin?.name, this.busy, this.listed.length]);
    if (shown === this.shown) return false;
    this.shown = shown;
    return true;
  }

  override render(): TemplateResult {
    const { played } = store;
    return html`<div class="scroll"><div class="world">
      <select id="which" aria-label="Scenario to play" ?disabled=${this.busy} @change=${(event: Event) => this.play((event.target as HTMLSelectElement).value)}>
        <option value="">Choose a scenario to play…</option>${this.listed.map((each) => html`<option value=${each.name} .selected=${each.name === played?.name}>${each.title}</option>`)}</select>
      ${played ? this.player(played) : html`<p class="dim">Three lessons for teachers, and scenarios of the folder that the studio was started in. Each opens its own cameras, in one time.</p>`}
      <h3>By hand</h3>
      <div class="w"><button class="btn" id="record" ?disabled=${!!store.twin?.camera} @click=${() => this.save()}>Save scenario</button><span class="two dim">${store.twin?.camera ? "this camera plays one" : "all that you did to this camera, as a file"}</span></div>
    </div></div>`;
  }

  private player(played: Played): TemplateResult {
    const ms = Math.min(store.now / 1e6, played.seconds * 1e3);
    const now = lastBefore(played.text, ms);
    return html`<div class="w"><label for="scrub">Time</label><input type="range" id="scrub" min="0" max=${played.seconds * 1e3} step="1" .value=${String(ms)} ?disabled=${this.busy} @change=${(event: Event) => this.play(played.name, Number((event.target as HTMLInputElement).value), store.running)}><output>${(ms / 1e3).toFixed(1)} s</output></div>
      <div class="w"><button class="btn" id="again" @click=${() => this.play(played.name)}>Play again</button><span class="two dim">${played.seconds} s, ${played.twins.length} camera${played.twins.length > 1 ? "s" : ""}</span></div>
      <div class="lesson" id="lesson">${played.text.map((part, i) => html`<button class="par" aria-current=${i === now ? "step" : "false"} @click=${() => this.go(played, part)}><small>${(part.ms / 1e3).toFixed(1)} s</small><span>${part.text}</span></button>`)}</div>
      ${played.steps.length ? html`<h3>Steps</h3><div class="steps">${played.steps.map((step) => html`<span class=${step.ms <= ms ? "done" : ""}>${step.ms} ms</span><code class=${step.ms <= ms ? "done" : ""}>${step.text}</code>`)}</div>` : nothing}`;
  }

  // Plays a scenario from its beginning, or carries it out up to a moment at once.
  private async play(name: string, ms = 0, run = true): Promise<void> {
    if (!name || this.busy) return;
    this.busy = true;
    this.requestUpdate();
    try {
      await store.play(name, ms, run);
    } catch (problem) {
      toast((problem as Error).message, true);
    }
    this.busy = false;
    this.requestUpdate();
  }

  private async go(played: Played, part: Paragraph): Promise<void> {
    await this.play(played.name, part.ms, true);
    if (part.look === "rate" || part.look === "features") document.dispatchEvent(new CustomEvent("studio-tab", { detail: part.look }));
  }

  private async save(): Promise<void> {
    try {
      const { parts } = await store.link.fetch("recorded");
      toast(`Saved ${download(parts)}: play it with camtwin play, or camtwin studio`);
    } catch (problem) {
      toast((problem as Error).message, true);
    }
  }
}
customElements.define("studio-scenario", Scenario);

function lastBefore(text: Paragraph[], ms: number): number {
  return text.reduce((last, part, i) => (part.ms <= ms ? i : last), -1);
}
