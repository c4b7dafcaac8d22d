// What the guard opens by himself: search, forms, duty. Rule: whoever stands at the gate comes first. A sheet steps
// aside for a verdict or a question, with what was typed in it, and comes back; one that belongs to a verdict goes with
// it; one that nobody touches closes itself, for names stand on it.
import { disarm } from "/static/taps.js";

const root = document.documentElement;
const IDLE_MS = 120_000;
const UNDER = new Set(["ready", "gathering", "closed", "order"]);
const closing = new Set();
let open = null;
let touched = 0;

/** wipe: called when all sheets close; not on the way from one to the next. */
export function onClosing(wipe) {
  closing.add(wipe);
}

/** only: the screen it belongs to, where it belongs to one. */
export function openSheet(name, only = "") {
  open = { name, only };
  touched = performance.now();
  show(name);
}

export function closeSheet() {
  if (open === null) return;
  open = null;
  for (const wipe of closing) wipe();
  show("");
}

export const openedSheet = () => open?.name ?? "";

/** screen, key: what is under it. asked: whether the guard has a question to answer there. */
export function placeSheet(screen, key, asked) {
  if (open === null) return;
  const idle = performance.now() - touched > IDLE_MS;
  if (idle || (open.only && open.only !== key)) closeSheet();
  else show(open.only || (UNDER.has(screen) && !asked) ? open.name : "");
}

function show(name) {
  if ((root.dataset.sheet ?? "") === name) return;
  root.dataset.sheet = name;
  disarm();
}

addEventListener("pointerdown", () => { touched = performance.now(); });
for (const button of document.querySelectorAll("[data-closes]")) button.addEventListener("click", closeSheet);
