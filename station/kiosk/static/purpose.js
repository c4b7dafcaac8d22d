// What somebody goes out for, and where to: two touches at most, one where the office asks only for the purpose.
import { disarm, tap } from "/static/taps.js";
import { inWords, tile } from "/static/tiles.js";
import { now, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
let began = 0;
let purpose = null;
let drawn = "";

/** After the trip: one question at a time. */
export const purposeAsked = (view) => view.awaiting.includes("purpose") && !view.awaiting.includes("trip");

export function drawPurpose(view) {
  const asked = purposeAsked(view);
  $("purpose").hidden = !asked;
  if (!asked || began !== view.visit_began) purpose = null;
  began = view.visit_began;
  if (!asked) return;
  const key = JSON.stringify([now(), view.purposes, view.destinations, purpose, began]);
  if (key === drawn) return;
  drawn = key;
  const where = purpose !== null;
  put($("purpose-title"), say(where ? "purpose.where" : "purpose.title"));
  $("purpose-back").hidden = !where;
  $("purpose-choices").replaceChildren(...(where ? view.destinations : view.purposes).map((each) => (
    tile(inWords(each, now()), () => (where ? answer(purpose, each.id) : choose(view, each.id)))
  )));
}

function choose(view, id) {
  if (!view.destinations.length) return answer(id, null);
  purpose = id;
  disarm();
  return drawPurpose(view);
}

const answer = (what, destination) => tap("/purpose", { began, purpose: what, destination });

$("purpose-back").addEventListener("click", () => {
  purpose = null;
  drawn = "";
  disarm();
});
