// The two questions to the community's hub, and the time by its clock. Everything else works without it.

import { recall, remember } from "./store.js";

const PATIENCE_MS = 10000;
// A phone that sets its clock by its network is off by less.
const SLACK_MS = 2000;
const OFFSET = "offset";

export class Refused extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

// The certified pass for a token and a key. Throws Refused with why, or "unreachable".
export async function fetchPass(token, publicKey) {
  const answer = await ask("/passes", { token, key: btoa(String.fromCharCode(...publicKey)) });
  return { ...answer, pass: Uint8Array.from(atob(answer.pass), (each) => each.charCodeAt(0)) };
}

// The serials among these that no gate takes any more; undefined where the hub cannot be reached.
export async function revokedAmong(serials) {
  try {
    return (await ask("/standing", { serials })).revoked;
  } catch {
    return undefined;
  }
}

// Milliseconds since 1970 by the hub's clock, as far as it was ever heard.
export function now() {
  return Date.now() + offset();
}

// How far the phone's clock is off, in milliseconds; positive where it is slow.
export function offset() {
  return Number(recall(OFFSET)) || 0;
}

async function ask(path, question) {
  const sent = Date.now();
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  let response, answer;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
      signal: patience.signal,
    });
    answer = await response.json().catch(() => null);
  } catch {
    throw new Refused("unreachable");
  } finally {
    clearTimeout(timer);
  }
  // Others may answer in the hub's place, as a network that wants a login; they know nothing of the time.
  if (!response.ok || !Number.isFinite(answer?.now)) throw new Refused(answer?.why ?? "broken");
  const found = answer.now - (sent + Date.now()) / 2;
  remember(OFFSET, String(Math.abs(found) < SLACK_MS ? 0 : Math.round(found)));
  return answer;
}
