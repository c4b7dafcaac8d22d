// The guard's finger. A tap is sent once; whoever waits sees the buttons rest; a refusal is shown in words.
import { now, say } from "/static/words.js";

const ARM_MS = 350;
const TOAST_MS = 6000;
// Longer than the station lets a tap wait for its lane: one that is said to be lost must not be obeyed a moment later.
const PATIENCE_MS = 7000;
const root = document.documentElement;
const toast = document.getElementById("toast");
let arming = 0;
let telling = 0;

/** The screen changed under the finger: buttons rest for a moment. */
export function disarm() {
  delete root.dataset.armed;
  clearTimeout(arming);
  arming = setTimeout(() => { root.dataset.armed = ""; }, ARM_MS);
}

export function tell(text) {
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(telling);
  telling = setTimeout(() => { toast.hidden = true; }, TOAST_MS);
}

/** True when the station did it. */
export const tap = async (path, body = {}) => (await asked(path, body)) !== null;

/** What the station answers, or null where it did not do it; the guard was told why. */
export async function asked(path, body) {
  if ("busy" in root.dataset) return null;
  root.dataset.busy = "";
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.status === 204) return {};
    const said = answer.status === 200 || answer.status === 409 ? await answer.json() : {};
    if (answer.status === 200) return said;
    tell(said[now()] || say("tap.lost"));
  } catch {
    tell(say("tap.lost"));
  } finally {
    delete root.dataset.busy;
  }
  return null;
}
