// A car: its plate on keys, with the sign of the province already there, how many sit in it, and whom it visits.
import { offers } from "/static/door.js";
import { askDoor, send } from "/static/guests.js";
import { onClosing, openSheet } from "/static/sheets.js";
import { tell } from "/static/taps.js";
import { choose, doorName, numbers } from "/static/tiles.js";
import { put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
// A plate has 7 signs, one of a car without an engine 8.
const LEAST = 7;
const MOST = 8;
let plate = "";
let people = 1;
let door = null;

export async function beginVehicle() {
  const { plate_prefix: prefix } = await offers();
  people = 1;
  choose($("vehicle-people"), numbers(7), 1, (n) => { people = n; });
  setVehicleDoor(null);
  type(prefix);
  openSheet("vehicle");
}

export function setVehicleDoor(picked) {
  door = picked;
  put($("vehicle-door"), door === null ? say("plate.door") : doorName(door));
}

/** The first sign is a province; after it, letters and figures. */
function type(text) {
  plate = text.slice(0, MOST);
  put($("plate"), plate.length > 2 ? `${plate.slice(0, 2)}·${plate.slice(2)}` : plate || "—");
  provinces(plate === "");
}

function provinces(shown) {
  $("plate-provinces").hidden = !shown;
  $("plate-signs").hidden = shown;
}

function leave(admit) {
  if (plate.length < LEAST) tell(say("plate.short"));
  else send({ form: "vehicle", plate, occupants: people, door, host_agreed: door !== null && admit }, admit);
}

for (const key of document.querySelectorAll("[data-sign]")) {
  key.addEventListener("click", () => type(plate + key.dataset.sign));
}
$("plate-rub").addEventListener("click", () => type(plate.slice(0, -1)));
$("plate-province").addEventListener("click", () => type(""));
$("vehicle-door").addEventListener("click", () => askDoor("vehicle"));
$("vehicle-in").addEventListener("click", () => leave(true));
$("vehicle-not").addEventListener("click", () => leave(false));
onClosing(() => { plate = ""; door = null; });
