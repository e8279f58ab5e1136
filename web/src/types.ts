// Messages of the server, as src/camtwin/studio/page.py makes them.
export type Value = string | number | boolean | null;
export type Access = "RO" | "RW" | "WO" | "NA";

export interface Description {
  name: string;
  chapter: string;
  kind: string;
  doc: string;
  visibility: "Beginner" | "Expert" | "Guru" | "Invisible";
  by: string[];
  access: Access;
  unit?: string;
  form?: string;
  inc?: number | null;
}

export interface State {
  access: Access;
  value?: Value;
  min?: number;
  max?: number;
  entries?: string[];
  changed?: boolean;
  factory?: Value;
}

export interface Frame {
  id: number;
  part: number;
  width: number;
  height: number;
  format: string;
  mosaic: boolean;
  white: number;
  start_ns: number;
  timestamp_ns: number;
  exposure_ns: number;
  saturated: number;
  black: number;
  K: number;
  offset: number;
  assumed: boolean;
  no_electrons: string;
  coloured?: boolean;
  noise?: { before: number; low: number; top: number };
}

export interface Numbers {
  frame: number;
  row: number;
  region: [number, number, number, number];
  mean: number;
  sigma: number;
  shot: number | null;
  mean_e: number | null;
  sigma_e: number | null;
  shot_e: number | null;
  temporal?: number;
  saturated: number;
}

// Times are virtual nanoseconds: e exposure, r readout, t transfer.
export interface FrameRecord {
  n: number;
  id: number;
  trigger?: number;
  e0?: number;
  e1?: number;
  r0?: number;
  r1?: number;
  t0?: number;
  t1?: number;
  end?: number;
  skew?: number;
  rows?: number;
  bytes?: number;
  fate?: "delivered" | "lost";
  set: Record<string, Value>;
}

export interface Mark {
  n: number;
  kind: "missed" | "lost";
  t: number;
  frame: number | null;
  trigger?: number;
  why: string;
  fix: string;
}

export interface Counts {
  triggers: number;
  missed: number;
  delivered: number;
  lost: number;
}

export interface LineNews {
  out: boolean;
  level: boolean;
  edges: [number, 0 | 1][];
}

export interface Limit {
  name: string;
  period_ms: number;
  fps: number | null;
  text: string;
  feature: string;
}

export interface Change {
  set: Record<string, Value>;
  fps: number;
  cost: string;
  then: string;
}

export interface Rates {
  fps: number;
  wanted_fps: number | null;
  longest: string[];
  sentence: string;
  limits: Limit[];
  changes: Change[];
}

export interface World {
  scene: string;
  ambient_C: number;
  inside_C: number;
  held_C: number | null;
  status: string;
  powered: boolean;
  plugged: boolean;
  fetching: boolean;
  drop: number;
  network: boolean;
}

export interface Verdict {
  about: "picture" | "time" | "rate";
  kind: "ok" | "warn" | "bad" | "info";
  text: string;
  more: string;
  feature: string;
}

export interface Logged {
  n: number;
  t: number;
  kind: "request" | "write" | "refused" | "resend";
  peer: string;
  word: string;
  text: string;
  times: number;
}

// Beside a twin that programs use.
export interface Attached {
  where: string;
  client: string | null;
  peers: string[];
  frames: number;
  bytes: number;
  packets: number;
  resent: number;
  late: number;
  dropped: number;
  skipped: number;
  transfers: number | null;
}

export interface Update {
  event: "update";
  now: number;
  running: boolean;
  pace: number | "max";
  received: number | null;
  trace: Counts & { frames: FrameRecord[]; marks: Mark[] };
  lines: Record<string, LineNews>;
  frame?: Frame;
  preview?: [number, number];
  tile?: [number, number, number, number];
  numbers?: Numbers;
  rates?: Rates;
  world?: World;
  undo?: string;
  acquiring?: boolean;
  verdicts?: Verdict[];
  log?: Logged[];
  clients?: Attached;
  features?: Record<string, State>;
}

export interface Paragraph {
  ms: number;
  text: string;
  look: "picture" | "numbers" | "time" | "features" | "rate" | null;
}

// A scenario that is played, and its cameras.
export interface Played {
  name: string;
  title: string;
  seconds: number;
  text: Paragraph[];
  steps: { ms: number; text: string }[];
  twins: Twin[];
}

export interface Twin {
  name: string;
  model: string;
  title: string;
  serial: string;
  seed: number;
  scene: string;
  now_ns: number;
  acquiring: boolean;
  camera: string; // its name in a scenario
}

export interface Begun extends Twin {
  features: Description[];
  states: Record<string, State>;
  link: string;
  scenes: Record<string, string>;
  attached: boolean;
  twins: Twin[];
}

export interface Model {
  model: string;
  title: string;
  sensor: string;
  link: string;
}

export type Parts = Record<string, Uint8Array<ArrayBuffer>>;
