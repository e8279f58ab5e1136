// The connection to the server: questions with answers, and updates that come by themselves.
import type { Parts, Update } from "./types";

type Asked = { resolve: (answer: { ok: unknown; parts: Parts }) => void; reject: (problem: Error) => void };

export class Link {
  private socket: WebSocket | null = null;
  private asked = new Map<number, Asked>();
  private count = 0;
  onUpdate: (update: Update, parts: Parts) => void = () => {};
  onEnd: (reason: string) => void = () => {};

  open(token: string): Promise<void> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`ws://${location.host}/ws`);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        socket.send(JSON.stringify({ token }));
        this.socket = socket;
        resolve();
      };
      socket.onmessage = (event: MessageEvent<ArrayBuffer>) => this.take(event.data);
      socket.onclose = (event) => {
        for (const one of this.asked.values()) one.reject(new Error("the server is gone"));
        this.asked.clear();
        this.onEnd(event.reason || "The server does not answer: it has ended, or this page was refused.");
        resolve();
      };
    });
  }

  async ask<T>(word: string, given: Record<string, unknown> = {}): Promise<T> {
    return (await this.fetch(word, given)).ok as T;
  }

  fetch(word: string, given: Record<string, unknown> = {}): Promise<{ ok: unknown; parts: Parts }> {
    return new Promise((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) return reject(new Error("the server is gone"));
      const id = ++this.count;
      this.asked.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, do: word, ...given }));
    });
  }

  // The page has shown the last update and is ready for the next one.
  ready(): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send('{"do":"ack"}');
  }

  private take(data: ArrayBuffer): void {
    const length = new DataView(data).getUint32(0, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    const parts: Parts = {};
    let at = 4 + length;
    for (const [name, bytes] of head.parts as [string, number][]) {
      parts[name] = new Uint8Array(data, at, bytes);
      at += bytes + ((4 - (bytes % 4)) % 4);
    }
    if (head.event === "update") return this.onUpdate(head as Update, parts);
    const one = this.asked.get(head.re);
    this.asked.delete(head.re);
    if (head.problem) one?.reject(new Error(head.problem));
    else one?.resolve({ ok: head.ok, parts });
  }
}
