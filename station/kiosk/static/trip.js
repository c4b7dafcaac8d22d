// Where somebody was in the last two weeks: none of the places is one tap, a place and its day are two.
import { clockText } from "/static/bar.js";
import { disarm, tap } from "/static/taps.js";
import { now, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const LONG = 12;
const DAY_MS = 86400_000;
let began = 0;
let place = null;
let drawn = "";

export const tripAsked = (view) => view.awaiting.includes("trip");

export function drawTrip(view) {
  const asked = tripAsked(view);
  $("trip").hidden = !asked;
  if (!asked || began !== view.visit_began) place = null;
  began = view.visit_began;
  if (asked) drawPages(view);
}

/** A place that the office took off its list meanwhile takes its days with it. */
function drawPages(view) {
  const chosen = view.places.find((each) => each.id === place) ?? null;
  const today = isoDay(view.now, view.timezone);
  const key = JSON.stringify([now(), view.places, chosen?.id, today, began]);
  if (key === drawn) return;
  drawn = key;
  $("trip-where").hidden = chosen !== null;
  $("trip-when").hidden = chosen === null;
  $("trip-places").replaceChildren(...view.places.map((each) => button(nameOf(each), () => choose(view, each.id))));
  if (chosen === null) return;
  put($("trip-place"), say("trip.when", { place: nameOf(chosen) }));
  $("trip-days").replaceChildren(
    ...chosen.days.map((day) => button(dayName(day, today), () => answer([{ place: chosen.id, last_day: day }]))),
  );
}

function choose(view, id) {
  place = id;
  disarm();
  drawPages(view);
}

const answer = (stays) => tap("/trip", { began, stays });

const nameOf = (each) => (now() === "zh" ? each.name_zh : each.name_en);

function button(text, done) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.classList.toggle("long", text.length > LONG);
  made.addEventListener("click", done);
  return made;
}

export function dayName(day, today) {
  const ago = (Date.parse(today) - Date.parse(day)) / DAY_MS;
  if (ago === 0) return say("trip.today");
  if (ago === 1) return say("trip.yesterday");
  const parts = { month: "short", day: "numeric", weekday: "short", timeZone: "UTC" };
  return new Intl.DateTimeFormat(now() === "zh" ? "zh-CN" : "en-GB", parts).format(Date.parse(day));
}

/** 2026-11-22 at the gate, whatever the browser's own zone. */
export function isoDay(instant, timezone) {
  const part = (parts) => clockText(instant, timezone, parts).replace(/\D/g, "").padStart(2, "0");
  return `${part({ year: "numeric" })}-${part({ month: "2-digit" })}-${part({ day: "2-digit" })}`;
}

$("trip-none").addEventListener("click", () => answer([]));
$("trip-back").addEventListener("click", () => {
  place = null;
  drawn = "";
  disarm();
  $("trip-when").hidden = true;
  $("trip-where").hidden = false;
});
