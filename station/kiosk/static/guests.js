// Who is on no list: visitor, delivery, somebody back from away. Each form is tiles, and its last touch sends it.
import { activateCard } from "/static/card.js";
import { doorPicker, offers, pathName } from "/static/door.js";
import { findReturnee } from "/static/finder.js";
import { makePass } from "/static/made.js";
import { closeSheet, onClosing, openSheet } from "/static/sheets.js";
import { tap, tell } from "/static/taps.js";
import { choose, doorName, inWords, numbers } from "/static/tiles.js";
import { beginReturnee } from "/static/returnee.js";
import { beginVehicle, setVehicleDoor } from "/static/vehicle.js";
import { now, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const MOST_PEOPLE = 9;
let kind = "";
let door = null;
let filled = {};

const doors = doorPicker($("door-choices"), {
  changed: (path) => {
    put($("door-title"), pathName(path) || say(`door.title.${kind}`));
    $("door-enough").hidden = path.building === undefined;
    put($("door-enough"), say(path.room ? "verdict.seen" : "room.unknown"));
  },
  done: (picked) => {
    door = picked;
    if (kind === "vehicle") setVehicleDoor(door);
    else draw();
    openSheet(kind);
  },
});

export function askDoor(of) {
  kind = of;
  doors.begin();
  openSheet("door");
}

async function draw() {
  const { purposes, slots } = await offers();
  put($(`${kind}-door`), doorName(door));
  filled = { people: 1, purpose: null, slot: "", pieces: 1, medicine: false };
  choose($("visitor-people"), numbers(MOST_PEOPLE), 1, (n) => { filled.people = n; });
  choose($("visitor-purpose"), purposes.map((each) => [each.id, inWords(each, now())]), null, (id) => { filled.purpose = id; }, true);
  choose($("delivery-slot"), slots.map((each) => [each, each]), null, (slot) => { filled.slot = slot ?? ""; }, true);
  choose($("delivery-pieces"), numbers(MOST_PEOPLE), 1, (n) => { filled.pieces = n; });
  $("delivery-medicine").setAttribute("aria-pressed", "false");
}

const visitorForm = (agreed) => ({ form: "visitor", door, people: filled.people, purpose: filled.purpose, host_agreed: agreed });
const deliveryForm = (slot) => ({ form: "delivery", door, slot, medicine: filled.medicine, pieces: filled.pieces });

export async function send(form, admit, ground = "host_agreed", person = null) {
  if (!(await tap("/form", { form, admit, ground, person }))) return;
  closeSheet();
  if (!admit) tell(say("written"));
}

const begins = { visitor: () => askDoor("visitor"), delivery: () => askDoor("delivery"), vehicle: beginVehicle };
begins.returnee = () => findReturnee(beginReturnee);
for (const button of document.querySelectorAll("[data-guest]")) {
  button.addEventListener("click", () => begins[button.dataset.guest]());
}
$("door-back").addEventListener("click", () => doors.back() || openSheet(kind === "vehicle" ? "vehicle" : "guests"));
$("door-enough").addEventListener("click", () => doors.enough());
$("visitor-agreed").addEventListener("click", () => send(visitorForm(true), true));
$("visitor-not").addEventListener("click", () => send(visitorForm(false), false));
$("visitor-pass").addEventListener("click", () => makePass({ form: visitorForm(true) }));
$("visitor-card").addEventListener("click", () => activateCard({ form: visitorForm(true) }));
$("delivery-shelf").addEventListener("click", () => send(deliveryForm(filled.slot), false));
$("delivery-in").addEventListener("click", () => send(deliveryForm(""), true));
$("delivery-medicine").addEventListener("click", () => {
  filled.medicine = !filled.medicine;
  $("delivery-medicine").setAttribute("aria-pressed", String(filled.medicine));
});
onClosing(() => { door = null; filled = {}; });
