// What limits the frame rate: a bar for each limit, the longest named, and what to change for more.
import { html, nothing, type TemplateResult } from "lit";
import { act, store, type Topic } from "./store";
import { Panel } from "./draw";
import type { Change, Limit } from "./types";

const INKS: Record<string, string> = { exposure: "exposure", readout: "readout", "exposure and readout": "readout", link: "transfer" };

class Rate extends Panel {
  static override topics: Topic[] = ["rates", "twin", "trace"];
  wanted = "";

  override render(): TemplateResult {
    const { rates } = store;
    if (!rates) return html`<h2>What limits my frame rate</h2>`;
    const most = Math.max(...rates.limits.map((limit) => limit.period_ms));
    const longest = rates.limits.filter((limit) => rates.longest.includes(limit.name));
    const goal = rates.wanted_fps;
    return html`<h2>What limits my frame rate</h2><div class="scroll"><div class="rate">
      <div class="big"><span id="fps">${rates.fps.toFixed(2)} fps</span> <small>possible${store.received ? `, ${store.received.toFixed(2)} received` : ""}</small></div>
      <p id="limit"><b>The ${rates.longest.join(" and ")} ${longest.length > 1 ? "are" : "is"} the limit</b>: ${longest.map((limit) => `${limit.text}, ${limit.period_ms.toFixed(1)} ms a frame`).join("; ")}.</p>
      <div class="bars">${rates.limits.map((limit) => this.bar(limit, most, rates.longest.includes(limit.name)))}
        <span>memory</span><span class="b none"><em>adds waiting, no period of its own</em></span>
        <span>host</span><span class="b none"><em>takes every frame at once</em></span></div>
      <label class="goal">I want <input type="text" inputmode="decimal" id="want" placeholder=${(2 * rates.fps).toFixed(0)} .value=${this.wanted} aria-label="Frame rate that I want" @change=${(event: Event) => this.want((event.target as HTMLInputElement).value)}> fps</label>
      <div class="trys"><h3>${goal ? `What to change for ${goal} fps` : "What to change"}</h3>
        ${rates.changes.map((change) => this.change(change, goal))}
        ${rates.changes.length ? nothing : html`<p class="dim">Nothing that one or two settings could do.</p>`}</div></div></div>`;
  }

  private bar(limit: Limit, most: number, longest: boolean): TemplateResult {
    if (!limit.period_ms) return html`<span>${limit.name}</span><span class="b none"><em>${limit.text}</em></span>`;
    return html`<span class=${longest ? "lim" : ""}>${longest ? "▸ " : ""}${limit.name}</span>
      <span class="b ${longest ? "max" : ""}" data-limit=${limit.name} title=${limit.text}><i .style=${`width:${((limit.period_ms / most) * 100).toFixed(2)}%;background:var(--${INKS[limit.name] ?? "band"})`}></i></span>
      <span class="r ${longest ? "lim" : ""}">${limit.period_ms.toFixed(1)} ms <small>${limit.fps?.toFixed(limit.fps < 100 ? 2 : 0)} fps</small></span>`;
  }

  private change(change: Change, goal: number | null): TemplateResult {
    const names = Object.entries(change.set).map(([name, value]) => `${name} ${value === true ? "on" : value === false ? "off" : value}`);
    const good = goal !== null && change.fps >= goal * 0.9995;
    return html`<div class="try ${good ? "good" : ""}"><span>${names.join(" and ")}<small>${change.cost}${change.cost ? "; " : ""}then the ${change.then} limits</small></span><b>${change.fps.toFixed(2)} fps</b>
      <button class="btn small" @click=${() => act("restart", { set: change.set })}>Try</button></div>`;
  }

  private want(text: string): void {
    this.wanted = text;
    const fps = Number(text.replace(",", "."));
    void act("want", { fps: text.trim() && fps > 0 ? fps : null });
  }
}
customElements.define("studio-rate", Rate);
