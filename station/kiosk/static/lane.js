// Nobody there, or somebody whose visit is being gathered; and the strip of the last passages.
import { swatch } from "/static/aim.js";
import { partName, shortTime } from "/static/bar.js";
import { buildingName, mark } from "/static/tiles.js";
import { known, now, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const RECENT = 4;
const MOVING = new Set(["opening", "open", "closing", "stuck"]);

export const nameOf = (person) => person?.masked_name || say("stranger");

export const placeOf = (person) => buildingName(person?.building ?? "");

export const celsius = (value) => (value === null ? "" : `${value.toFixed(1)} ℃`);

/** Marks a guard must see; why a resident needs help stays with the office. */
export function drawTags(element, person) {
  const wanted = ["needs_help", "monitored"].filter((tag) => person?.[tag]);
  const key = `${now()} ${wanted}`;
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...wanted.map((tag) => {
    const item = document.createElement("span");
    item.append(mark(tag === "needs_help" ? "help" : "pulse"), say(tag));
    return item;
  }));
}

export function drawReady(view) {
  const hint = view.aim?.hint;
  put($("ready-prompt"), say(view.aim ? "looking" : "ready.prompt"));
  put($("ready-how"), hint ? say(`aim.${hint}`) : say("ready.how"));
  $("ready-how").parentElement.classList.toggle("urgent", Boolean(hint));
  const way = $("ready-way");
  const moving = MOVING.has(view.barrier) ? view.barrier : "";
  const key = `${now()} ${view.direction} ${moving}`;
  if (way.dataset.key === key) return;
  way.dataset.key = key;
  way.dataset.barrier = moving;
  way.replaceChildren(mark(moving ? "boom" : view.direction), moving ? say(`barrier.${moving}`) : say(`ready.direction.${view.direction}`));
}

/** What the barrier does, where it does something. */
export const drawBarrier = (element, barrier) => {
  const moving = MOVING.has(barrier) ? barrier : "";
  const key = `${now()} ${moving}`;
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.dataset.barrier = moving;
  element.replaceChildren(...(moving ? [mark("boom"), say(`barrier.${moving}`)] : []));
};

/** Who of the family comes after this one. */
export const partyOf = (view) => (view.party.length ? say("party.next", { names: view.party.map(nameOf).join("  ") }) : "");

export function drawGathering(view) {
  put($("gathering-who"), nameOf(view.person));
  put($("gathering-where"), placeOf(view.person));
  drawTags($("gathering-tags"), view.person);
  put($("gathering-party"), partyOf(view));
  $("hand").hidden = !view.awaiting.includes("temperature");
  const steps = stepsOf(view);
  const key = JSON.stringify([now(), steps]);
  if ($("steps").dataset.key === key) return;
  $("steps").dataset.key = key;
  $("steps").replaceChildren(...steps.map(([name, text, wanted, looks]) => {
    const item = document.createElement("li");
    item.classList.toggle("wanted", wanted);
    item.append(looks ? swatch(looks) : mark(name), text);
    return item;
  }));
}

function wantedText(view, what) {
  if (what === "temperature" && view.guidance) return say(`guide.${view.guidance}`);
  return known(`awaiting.${what}`) ? say(`awaiting.${what}`) : say("awaiting.nothing");
}

function stepsOf(view) {
  const done = [];
  if (!view.awaiting.includes("code")) {
    done.push(view.person ? ["admit", say("gathering.code"), false] : ["wait", say("gathering.no_code"), false]);
  }
  if (view.celsius !== null) done.push(["heat", `${say("gathering.measured")} ${celsius(view.celsius)}`, false]);
  if (view.looks) done.push(["phone", say(`looks.${view.looks}`), false, view.looks]);
  const wanted = view.awaiting.map((what) => [
    { temperature: "heat", trip: "trip", purpose: "out" }[what] ?? "phone",
    wantedText(view, what),
    true,
  ]);
  return [...done, ...(wanted.length ? wanted : [["wait", say("awaiting.nothing"), true]])];
}

/** Which passages still want the guard's word: those that he was asked about, and those that he took back. */
const isOpen = ({ settled, outcome, sequence }) => (settled ?? outcome) === "refer" && sequence !== null;

export function drawRecent(view, look) {
  const strip = $("recent");
  const shown = view.recent.slice(0, RECENT - Math.min(2, view.resting.length));
  put($("strip-title"), view.resting.length ? `${say("resting.title")} · ${say("recent.title")}` : say("recent.title"));
  const key = JSON.stringify([now(), view.timezone, shown]);
  if (strip.dataset.key === key) return;
  strip.dataset.key = key;
  strip.replaceChildren(...(shown.length ? shown.map((passage) => card(passage, view.timezone, look)) : [nobody()]));
}

function nobody() {
  const text = document.createElement("p");
  text.textContent = say("recent.none");
  return text;
}

function card(passage, timezone, look) {
  const open = isOpen(passage);
  const outcome = passage.settled ?? passage.outcome;
  const item = document.createElement(passage.sequence === null ? "div" : "button");
  if (passage.sequence !== null) {
    item.type = "button";
    item.dataset.sequence = passage.sequence;
    item.addEventListener("click", () => look(passage.sequence));
  }
  item.classList.toggle("open", open);
  const who = document.createElement("b");
  who.textContent = nameOf(passage.person);
  const what = document.createElement("small");
  const state = open ? say("recent.open") : say(`mark.${outcome}`);
  what.textContent = `${shortTime(passage.at, timezone)} ${say(`direction.${passage.direction}`)} · ${state}`;
  item.append(mark(outcome), who, what);
  return item;
}

export function drawOrder(view) {
  const faults = Object.entries(view.health.faults).map(([part, why]) => `${partName(part)}: ${why}`);
  const list = $("order-faults");
  const key = JSON.stringify([now(), faults]);
  if (list.dataset.key !== key) {
    list.dataset.key = key;
    list.replaceChildren(...faults.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  }
  const n = view.office_telephone;
  put($("order-call"), n ? say("order.call", { n }) : say("order.call.plain"));
}

export function drawClosed(view) {
  const notice = now() === "zh" ? view.closed_notice_zh : view.closed_notice_en;
  put($("closed-notice"), notice || say("closed.fallback"));
  put($("closed-hours"), now() === "zh" ? view.hours_zh : view.hours_en);
}
