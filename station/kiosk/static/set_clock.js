// The guard sets a clock that nobody believes, by his own watch: steppers, begun at what the browser's clock says.
import { clockText } from "/static/bar.js";
import { closeSheet, openSheet } from "/static/sheets.js";
import { tap } from "/static/taps.js";
import { put } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const PARTS = ["year", "month", "day", "hour", "minute"];
const steppers = [...document.querySelectorAll("[data-part].stepper")];
let timezone = "Asia/Shanghai";
// The gate's wall clock, kept as if it were UTC, so that stepping a day never stumbles over a zone.
let wall = new Date(0);

export function keepZone(view) {
  ({ timezone } = view);
}

/** What the wall clock at the gate shows at an instant, as if it were UTC. */
function wallAt(instant) {
  const [year, month, day, hour, minute] = PARTS.map((part) => (
    Number(clockText(instant, timezone, { [part]: "numeric" }).replace(/\D/g, ""))
  ));
  return new Date(Date.UTC(year, month - 1, day, hour, minute));
}

/** The instant at which the wall clock shows this: found by the zone's own offset then. */
function instantOf(shown) {
  const offset = wallAt(shown) - shown;
  return new Date(shown - offset);
}

export function openClock() {
  wall = wallAt(new Date());
  draw();
  openSheet("set-clock");
}

function draw() {
  const [date, time] = wall.toISOString().slice(0, 16).split("T");
  const values = [...date.split("-"), ...time.split(":")];
  for (const each of steppers) put(each.querySelector("b"), values[PARTS.indexOf(each.dataset.part)]);
}

function step(part, by) {
  const next = new Date(wall);
  if (part === "year") next.setUTCFullYear(wall.getUTCFullYear() + by);
  if (part === "month") next.setUTCMonth(wall.getUTCMonth() + by);
  if (part === "day") next.setUTCDate(wall.getUTCDate() + by);
  if (part === "hour") next.setUTCHours(wall.getUTCHours() + by);
  if (part === "minute") next.setUTCMinutes(wall.getUTCMinutes() + by);
  wall = next;
  draw();
}

for (const each of steppers) {
  for (const button of each.querySelectorAll("button")) {
    button.addEventListener("click", () => step(each.dataset.part, Number(button.dataset.step)));
  }
}
$("clock-open").addEventListener("click", openClock);
$("clock-set").addEventListener("click", async () => {
  if (await tap("/clock", { at: instantOf(wall).toISOString() })) closeSheet();
});
