// A blank card is made to count: the guard holds it before the camera, the station says what became of it.
import { clockText } from "/static/bar.js";
import { nameOf } from "/static/lane.js";
import { hoursLeft } from "/static/made.js";
import { closeSheet, onClosing, openedSheet, openSheet } from "/static/sheets.js";
import { tap } from "/static/taps.js";
import { now, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
let going = false;
let mine = false;

/** whom: {person} or {form}. */
export async function activateCard(whom) {
  if (!(await tap("/activate", { hours: hoursLeft(), ...whom }))) return;
  draw({ person: null, building: "", waits: true, told: null, until: null });
  put($("card-who"), "");
  mine = true;
  openSheet("card");
}

/** The station alone knows whether it still waits; its sheet goes with it. */
export function drawCard(view) {
  if (view.activation !== null) {
    going = true;
    draw(view.activation, view.timezone);
  } else if (going) {
    going = mine = false;
    if (openedSheet() === "card") closeSheet();
  }
}

function draw({ person, building, waits, told, until }, timezone) {
  $("card").toggleAttribute("data-counts", until !== null);
  put($("card-who"), person ? nameOf(person) : say("card.visitor", { building }));
  put($("card-title"), waits ? say("card.title") : say(until === null ? "card.failed" : "card.counts"));
  put($("card-told"), told?.[now()] ?? "");
  const at = until && clockText(until, timezone, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  put($("card-until"), until === null ? "" : say("made.until", { at }));
  put($("card-how"), until !== null ? say("made.later") : waits ? say("card.how") : "");
  put($("card-done"), say(waits ? "back" : "done"));
}

onClosing(() => {
  if (mine) tap("/activate-end");
  mine = false;
});
