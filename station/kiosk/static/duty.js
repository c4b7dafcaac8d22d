// Who is on duty: signs on with a PIN (or his badge, which the camera reads), hands over with a note, and trains.
import { shortTime } from "/static/bar.js";
import { closeSheet, onClosing, openSheet } from "/static/sheets.js";
import { tap } from "/static/taps.js";
import { now, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const LEAST_PIN = 4;
const MOST_PIN = 8;
const MOST_NOTE = 120;
let pin = "";
let training = false;

export function drawDuty(view) {
  const { duty } = view;
  const lacking = view.sign_on && duty === null;
  put($("duty-who"), duty === null ? say("duty.none") : duty.name);
  $("duty-open").classList.toggle("amber", lacking);
  $("duty-on").hidden = duty !== null;
  $("duty-off").hidden = duty === null;
  put($("duty-name"), duty === null ? "" : duty.name);
  put($("duty-since"), duty === null ? "" : say("duty.since", { at: shortTime(duty.since, view.timezone) }));
  put($("duty-note"), duty?.note ? say("duty.note", { note: duty.note }) : "");
  ({ training } = view);
  document.documentElement.toggleAttribute("data-training", training);
  $("train-end").hidden = !training;
  put($("train"), say(training ? "train.end" : "train.begin"));
  $("duty-typed").placeholder = say("duty.typed");
}

function type(text) {
  pin = text.slice(0, MOST_PIN);
  put($("pin-dots"), "●".repeat(pin.length) || "　");
  $("pin-send").disabled = pin.length < LEAST_PIN;
}

/** Right or wrong, what was typed is gone. */
async function signOn() {
  const given = pin;
  type("");
  if (await tap("/sign-on", { pin: given })) closeSheet();
}

const sentences = () => [...$("sentences").children];

async function handOver() {
  const chosen = sentences().filter((each) => each.getAttribute("aria-pressed") === "true").map((each) => each.textContent);
  const typed = $("duty-typed").value.trim();
  const note = [...chosen, ...(typed ? [typed] : [])].join(now() === "zh" ? "；" : "; ").slice(0, MOST_NOTE);
  if (await tap("/sign-off", { note })) wipe();
}

function wipe() {
  type("");
  $("duty-typed").value = "";
  for (const each of sentences()) each.setAttribute("aria-pressed", "false");
}

async function train(on) {
  if (await tap("/train", { on })) closeSheet();
}

export const openDuty = () => openSheet("duty");

for (const key of document.querySelectorAll("[data-pin]")) key.addEventListener("click", () => type(pin + key.dataset.pin));
for (const each of sentences()) {
  each.addEventListener("click", () => each.setAttribute("aria-pressed", String(each.getAttribute("aria-pressed") !== "true")));
}
$("pin-rub").addEventListener("click", () => type(pin.slice(0, -1)));
$("pin-send").addEventListener("click", signOn);
$("duty-open").addEventListener("click", openDuty);
$("duty-leave").addEventListener("click", handOver);
$("train").addEventListener("click", () => train(!training));
$("train-end").addEventListener("click", () => train(false));
onClosing(wipe);
type("");
