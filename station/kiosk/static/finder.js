// The guard finds a resident: by initials or the end of a telephone number on few keys, or by tiles of building and
// room. One touch on a row takes him; 'all' takes his family, less those who are not here.
import { doorPicker, pathName } from "/static/door.js";
import { makePass } from "/static/made.js";
import { closeSheet, onClosing, openSheet } from "/static/sheets.js";
import { tap } from "/static/taps.js";
import { doorName, mark, tile } from "/static/tiles.js";
import { put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const MOST_SIGNS = 10;
const REST_MS = 350;
const tabs = [...document.querySelectorAll("button[data-by]")];
let purpose = null;
let query = "";
let asked = 0;
let resting = 0;
let family = null;
let passes = false;

const doors = doorPicker($("finder-door"), {
  changed: (path) => put($("finder-query"), pathName(path) || say("find.how.door")),
  done: ({ building, unit, room }) => look([building, unit, room].filter(Boolean).join("-")),
});

/** taken(found): async; true when that was all. alone: whether a family may come in one go, and passes be made. */
function begin({ title, holder = "", taken, alone = true, stranger = null, only = "" }) {
  purpose = { taken, alone, stranger, title };
  put($("finder-title"), say(title));
  put($("finder-holder"), holder);
  $("finder-stranger").hidden = stranger === null;
  turn("name");
  openSheet("finder", only);
}

export function findCertificate(verdict, key, settled) {
  const { name, birth } = verdict.holder;
  const taken = async ({ person }) => {
    const body = { sequence: verdict.sequence, outcome: "admit", ground: "papers_checked", person };
    if (!(await tap("/settle", body))) return;
    closeSheet();
    settled();
  };
  begin({ title: "find.title.certificate", holder: say("verdict.holder", { name, birth: birth || "?" }), taken, only: key });
}

export const findNamed = (canMakePasses) => {
  passes = canMakePasses;
  begin({ title: "find.title", taken: ({ person }) => arrive([person]), alone: false });
};

export const findReturnee = (taken) => begin({ title: "find.title.returnee", taken, stranger: () => taken(null) });

async function arrive(persons) {
  if (await tap("/named", { persons })) closeSheet();
}

function turn(by) {
  for (const button of tabs) button.setAttribute("aria-pressed", String(button.dataset.by === by));
  $("finder").dataset.by = by;
  $("finder-door").hidden = by !== "door";
  $("finder-keys").hidden = by !== "name";
  type("");
  if (by === "door") doors.begin();
}

function type(text) {
  query = text.slice(0, MOST_SIGNS);
  if ($("finder").dataset.by === "name") put($("finder-query"), query || say("find.how"));
  $("finder-query").toggleAttribute("data-empty", query === "");
  search(query);
}

function look(door) {
  search(door);
}

/** Only the answer to the newest question is shown. */
async function search(text, whole = null) {
  const mine = ++asked;
  let found = [];
  if (text.length > 1) {
    try {
      const answer = await fetch(`/search?q=${encodeURIComponent(text)}`, { signal: AbortSignal.timeout(4000) });
      if (answer.ok) found = await answer.json();
    } catch {
      // As if nobody were found: the guard types again.
    }
  }
  if (mine !== asked) return;
  family = whole === null ? null : { found: found.filter((each) => each.household === whole), gone: new Set() };
  show(family?.found ?? found, text);
}

function show(found, text) {
  const list = $("finder-found");
  rest(list);
  list.replaceChildren(...found.map(family === null ? row : tickRow));
  if (!found.length && text.length > 1) list.append(line(say("find.none")));
  if (!found.length && text.length < 2) list.append(line(say("find.paper"), "paper"));
  drawFoot();
}

function line(text, look = "") {
  const made = document.createElement("p");
  made.textContent = text;
  made.className = look;
  return made;
}

/** Rows that have only just come must not catch the finger that typed. */
function rest(list) {
  list.dataset.resting = "";
  clearTimeout(resting);
  resting = setTimeout(() => { delete list.dataset.resting; }, REST_MS);
}

function person(resident) {
  const name = document.createElement("b");
  name.textContent = resident.masked_name;
  if (resident.needs_help) name.append(mark("help"));
  const door = document.createElement("span");
  door.textContent = doorName(resident);
  return [name, door];
}

function row(resident) {
  const made = document.createElement("div");
  const taken = tile("", () => purpose.taken(resident), { look: "taken" });
  taken.append(...person(resident));
  made.append(taken);
  if (!purpose.alone && resident.household) made.append(tile(say("find.family"), () => takeFamily(resident), { look: "side" }));
  if (!purpose.alone && passes) made.append(tile(say("find.pass"), () => makePass({ person: resident.person }), { look: "side" }));
  return made;
}

const takeFamily = ({ building, unit, room, household }) => search([building, unit, room].filter(Boolean).join("-"), household);

function tickRow(resident) {
  const made = document.createElement("div");
  const ticked = () => !family.gone.has(resident.person);
  const taken = tile("", () => {
    if (ticked()) family.gone.add(resident.person);
    else family.gone.delete(resident.person);
    taken.setAttribute("aria-pressed", String(ticked()));
    drawFoot();
  }, { look: "taken tick", pressed: true });
  taken.append(...person(resident));
  made.append(taken);
  return made;
}

function drawFoot() {
  const n = family === null ? 0 : family.found.length - family.gone.size;
  $("finder-together").hidden = family === null;
  $("finder-together").disabled = n === 0;
  put($("finder-together"), say("find.together", { n }));
  put($("finder-note"), family === null ? "" : say("find.untick"));
  for (const tab of tabs) tab.hidden = family !== null;
}

for (const key of document.querySelectorAll("[data-key]")) {
  key.addEventListener("click", () => type(query + key.dataset.key));
}
for (const button of tabs) button.addEventListener("click", () => turn(button.dataset.by));
$("finder-clear").addEventListener("click", () => type(""));
$("finder-stranger").addEventListener("click", () => purpose.stranger());
$("finder-together").addEventListener("click", () => {
  arrive(family.found.map((each) => each.person).filter((each) => !family.gone.has(each)));
});
$("finder-back").addEventListener("click", () => {
  if (family !== null) type(query);
  else if ($("finder").dataset.by !== "door" || !doors.back()) closeSheet();
});
onClosing(() => {
  asked += 1;
  query = "";
  family = null;
  $("finder-found").replaceChildren();
  put($("finder-holder"), "");
});
