// What the page knows of the twin that it shows. Panels read it and redraw when their topic changes.
import { Link } from "./link";
import type { Attached, Begun, Counts, Description, Frame, FrameRecord, LineNews, Logged, Mark, Model, Numbers, Parts, Played, Rates, State, Update, Verdict, World } from "./types";

export type Topic = "twin" | "update" | "features" | "picture" | "numbers" | "trace" | "rates" | "world" | "cursor" | "area" | "theme" | "select" | "clients";
export interface Lane { out: boolean; level: boolean; edges: [number, 0 | 1][] }
export interface Cursor { x: number; y: number; dn: number; electrons: number | null; saturated: boolean; frame: number }

const KEPT_FRAMES = 4000;
const KEPT_HISTORY = 600;
const KEPT_EDGES = 60000;

class Store {
  link = new Link();
  stage: "connecting" | "choose" | "starting" | "live" | "gone" = "connecting";
  ended = "";
  models: Model[] = [];
  starting = "";
  twin: Begun | null = null;
  played: Played | null = null;
  descriptions: Description[] = [];
  states: Record<string, State> = {};
  frame: Frame | null = null;
  preview: { image: ImageBitmap; mask: ImageBitmap; frame: number } | null = null;
  tile: { x: number; y: number; w: number; h: number; codes: Uint16Array; frame: number } | null = null;
  numbers: Numbers | null = null;
  history: { t: number; mean: number; sigma: number }[] = []; // of the area, frame by frame that was shown
  histogram: Uint32Array | null = null;
  profile: Uint16Array | null = null;
  frames = new Map<number, FrameRecord>();
  marks: Mark[] = [];
  counts: Counts = { triggers: 0, missed: 0, delivered: 0, lost: 0 };
  lanes = new Map<string, Lane>();
  rates: Rates | null = null;
  world: World | null = null;
  verdicts: Verdict[] = [];
  clients: Attached | null = null;
  log = new Map<number, Logged>();
  undo = "";
  acquiring = false;
  now = 0;
  running = false;
  pace: number | "max" = 1;
  received: number | null = null;
  cursor: Cursor | null = null;
  selected = -1;
  area: "look" | "region" | "measure" = "look";
  private listeners = new Map<Topic, Set<() => void>>();

  on(topics: Topic[], call: () => void): () => void {
    for (const topic of topics) (this.listeners.get(topic) ?? this.listeners.set(topic, new Set()).get(topic)!).add(call);
    return () => topics.forEach((topic) => this.listeners.get(topic)?.delete(call));
  }

  say(...topics: Topic[]): void {
    const calls = new Set(topics.flatMap((topic) => [...(this.listeners.get(topic) ?? [])]));
    for (const call of calls) call();
  }

  async start(): Promise<void> {
    this.link.onUpdate = (update, parts) => void this.take(update, parts);
    this.link.onEnd = (reason) => {
      this.stage = "gone";
      this.ended = reason;
      this.say("twin", "update");
    };
    await this.link.open(location.hash.slice(1).split("&")[0] ?? "");
    const { models, first, attached } = await this.link.ask<{ models: Model[]; first: { models: string[]; scenario: string | null }; attached: string[] }>("models");
    this.models = models;
    this.stage = "choose";
    this.say("twin");
    if (attached[0]) return this.select(attached[0]);
    if (first.scenario) return this.play(first.scenario);
    const begun: string[] = [];
    for (const model of first.models) begun.push((await this.create(model, false)).name);
    if (begun[0]) await this.select(begun[0]);
  }

  async create(model: string, show = true): Promise<{ name: string }> {
    this.starting = this.models.find((each) => each.model === model)?.title ?? model;
    this.stage = "starting";
    this.say("twin");
    const made = await this.link.ask<{ name: string }>("create", { model });
    if (show) await this.select(made.name);
    return made;
  }

  // Plays a scenario from its beginning, or from a moment on, with cameras of its own.
  async play(name: string, ms = 0, run = true): Promise<void> {
    this.played = await this.link.ask<Played>("play", { name, ms, run });
    await this.select(this.played.twins[0]!.name);
  }

  async select(name: string): Promise<void> {
    const twin = await this.link.ask<Begun>("select", { name });
    this.frames.clear();
    this.lanes.clear();
    this.log.clear();
    Object.assign(this, { twin, descriptions: twin.features, states: twin.states, marks: [], frame: null, preview: null, tile: null });
    Object.assign(this, { numbers: null, history: [], histogram: null, profile: null, cursor: null, selected: -1, stage: "live" });
    this.say("twin", "features", "picture", "numbers", "trace", "rates", "world", "update", "select");
  }

  private async take(update: Update, parts: Parts): Promise<void> {
    const topics = new Set<Topic>(["update"]);
    const { now, running, pace, received } = update;
    Object.assign(this, { now, running, pace, received });
    this.takeTrace(update, topics);
    if (update.features) {
      Object.assign(this.states, update.features);
      topics.add("features");
    }
    for (const key of ["rates", "world", "undo", "acquiring", "verdicts"] as const)
      if (update[key] !== undefined) {
        Object.assign(this, { [key]: update[key] });
        topics.add(key === "rates" || key === "world" ? key : "update");
      }
    if (update.clients) {
      this.clients = update.clients;
      for (const entry of update.log ?? []) {
        this.log.delete(entry.n);
        this.log.set(entry.n, entry);
      }
      while (this.log.size > KEPT_FRAMES) this.log.delete(this.log.keys().next().value!);
      topics.add("clients");
    }
    if (update.acquiring !== undefined) topics.add("features");
    if (update.numbers) {
      this.numbers = update.numbers;
      this.histogram = new Uint32Array(parts.histogram!.buffer, parts.histogram!.byteOffset, parts.histogram!.byteLength / 4);
      this.profile = new Uint16Array(parts.profile!.buffer, parts.profile!.byteOffset, parts.profile!.byteLength / 2);
      topics.add("numbers");
      const { frame, mean, sigma } = update.numbers;
      const t = this.frames.get(frame)?.e0 ?? now;
      if (this.history.at(-1)?.t !== t) this.history = [...this.history, { t, mean, sigma }].slice(-KEPT_HISTORY);
    }
    if (update.frame) {
      await this.takePicture(update.frame, update, parts);
      topics.add("picture");
    }
    this.say(...topics);
    requestAnimationFrame(() => this.link.ready());
  }

  private async takePicture(frame: Frame, update: Update, parts: Parts): Promise<void> {
    if (parts.jpeg && parts.mask) {
      const plain: ImageBitmapOptions = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
      const [image, mask] = await Promise.all([
        createImageBitmap(new Blob([parts.jpeg], { type: "image/jpeg" }), plain),
        createImageBitmap(new Blob([parts.mask], { type: "image/png" }), plain),
      ]);
      this.preview?.image.close();
      this.preview?.mask.close();
      this.preview = { image, mask, frame: frame.id };
      this.tile = null;
    } else if (parts.tile && update.tile) {
      const [x, y, w, h] = update.tile;
      this.tile = { x, y, w, h, codes: new Uint16Array(parts.tile.buffer, parts.tile.byteOffset, w * h), frame: frame.id };
    }
    this.frame = frame;
  }

  private takeTrace(update: Update, topics: Set<Topic>): void {
    const { frames, marks, triggers, missed, delivered, lost } = update.trace;
    this.counts = { triggers, missed, delivered, lost };
    for (const frame of frames) this.frames.set(frame.id, frame);
    while (this.frames.size > KEPT_FRAMES) this.frames.delete(this.frames.keys().next().value!);
    if (marks.length) this.marks = [...this.marks, ...marks].slice(-KEPT_FRAMES);
    for (const [name, news] of Object.entries<LineNews>(update.lines)) {
      const lane = this.lanes.get(name) ?? { out: news.out, level: news.level, edges: [] };
      lane.out = news.out;
      lane.level = news.level;
      for (const edge of news.edges) lane.edges.push(edge);
      if (lane.edges.length > KEPT_EDGES) lane.edges.splice(0, lane.edges.length - KEPT_EDGES);
      this.lanes.set(name, lane);
    }
    topics.add("trace");
  }
}

export const store = new Store();

// Carries out a word; a refusal is told in the page's corner.
export async function act<T>(word: string, given: Record<string, unknown> = {}): Promise<T | null> {
  try {
    return await store.link.ask<T>(word, given);
  } catch (problem) {
    toast((problem as Error).message, true);
    return null;
  }
}

// Hands files to the browser, which saves them; returns their names.
export function download(parts: Parts): string {
  for (const [name, data] of Object.entries(parts)) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([data]));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
  return Object.keys(parts).join(" and ");
}

let fading = 0;
export function toast(text: string, bad = false): void {
  const element = document.getElementById("toast");
  if (!element) return;
  element.textContent = text;
  element.className = bad ? "toast on bad" : "toast on";
  clearTimeout(fading);
  fading = window.setTimeout(() => (element.className = "toast"), bad ? 6000 : 1600);
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser does not let this page copy: select the text instead", true);
  }
}

declare global {
  interface Window {
    studio: Store;
  }
}
window.studio = store; // for tests, and for whoever opens the console
