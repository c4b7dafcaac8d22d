// A temporary pass, shown large for the resident's telephone to photograph.
import { clockText } from "/static/bar.js";
import { nameOf } from "/static/lane.js";
import { onClosing, openSheet } from "/static/sheets.js";
import { asked } from "/static/taps.js";
import { put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const LEAST_HOURS = 2;
let timezone = "Asia/Shanghai";
let here = null;
let address = "";

/** The gate's own time, for how long a pass for today is good. */
export function keepTime(view) {
  here = view.now;
  ({ timezone } = view);
}

/** Until midnight at the gate, and two hours at least. */
export function hoursLeft() {
  const hour = Number(clockText(here ?? Date.now(), timezone, { hour: "2-digit" }).replace(/\D/g, ""));
  return Math.max(LEAST_HOURS, 24 - hour);
}

/** whom: {person} or {form}. */
export async function makePass(whom) {
  const made = await asked("/make-pass", { hours: hoursLeft(), ...whom });
  if (made === null) return;
  forget();
  address = URL.createObjectURL(new Blob([made.svg], { type: "image/svg+xml" }));
  const picture = new Image();
  picture.src = address;
  $("made-code").replaceChildren(picture);
  put($("made-who"), made.person ? nameOf(made.person) : "");
  const at = clockText(made.expires_at, timezone, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  put($("made-until"), say("made.until", { at }));
  openSheet("made");
}

function forget() {
  if (address) URL.revokeObjectURL(address);
  address = "";
  $("made-code").replaceChildren();
}

onClosing(forget);
