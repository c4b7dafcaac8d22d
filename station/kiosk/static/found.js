// Who fits the search: rows to touch, a family to tick, and one character of the name to narrow many down.
import { makePass } from "/static/made.js";
import { doorName, mark, tile } from "/static/tiles.js";
import { put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const REST_MS = 350;
// A family that comes in one go; the station takes no more at once.
const MOST_TOGETHER = 9;
// More rows than these are not all in view.
const MANY = 5;
let resting = 0;
let family = null;
let offer = { taken: () => {}, takeFamily: null, passes: false };

/** taken(found): a row was touched. takeFamily(found): where a family may come. passes: whether one may be made. */
export function offerRows(how) {
  offer = how;
}

export const ticked = () => family.found.map((each) => each.person).filter((each) => !family.gone.has(each));
export const familyShown = () => family !== null;

export function forgetFound() {
  family = null;
  $("finder-found").replaceChildren();
  $("finder-names").replaceChildren();
}

/** text: what was asked for. household: its members alone, to be ticked; null: everybody, to be touched. */
export function showFound(found, text, household) {
  family = household === null ? null : { found: found.filter((each) => each.household === household), gone: new Set() };
  drawNames(family === null ? found : [], text);
  drawRows(family?.found ?? found, text);
  drawFoot();
}

function drawRows(found, text) {
  const list = $("finder-found");
  rest(list);
  list.replaceChildren(...found.map(family === null ? row : tickRow));
  if (!found.length) list.append(text.length > 1 ? line(say("find.none")) : line(say("find.paper"), "paper"));
}

/** Many of the same initials: the first character of the name, as it is written, leaves those who are called so. */
function drawNames(found, text) {
  const firsts = [...new Set(found.map((each) => each.masked_name.slice(0, 1)))];
  const wanted = found.length > MANY && firsts.length > 1 ? firsts : [];
  const only = (first) => found.filter((each) => each.masked_name.startsWith(first));
  $("finder-names").replaceChildren(...wanted.map((first) => tile(first, () => drawRows(only(first), text))));
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
  const taken = tile("", () => offer.taken(resident), { look: "taken" });
  taken.append(...person(resident));
  made.append(taken);
  if (offer.takeFamily && resident.household) made.append(tile(say("find.family"), () => offer.takeFamily(resident), { look: "side" }));
  if (offer.passes) made.append(tile(say("find.pass"), () => makePass({ person: resident.person }), { look: "side" }));
  return made;
}

function tickRow(resident) {
  const made = document.createElement("div");
  const here = () => !family.gone.has(resident.person);
  const taken = tile("", () => {
    if (here()) family.gone.add(resident.person);
    else family.gone.delete(resident.person);
    taken.setAttribute("aria-pressed", String(here()));
    drawFoot();
  }, { look: "taken tick", pressed: true });
  taken.append(...person(resident));
  made.append(taken);
  return made;
}

function drawFoot() {
  const n = family === null ? 0 : ticked().length;
  $("finder-together").hidden = family === null;
  $("finder-together").disabled = n === 0 || n > MOST_TOGETHER;
  put($("finder-together"), say("find.together", { n }));
  put($("finder-note"), family === null ? "" : say("find.untick"));
  for (const tab of document.querySelectorAll("button[data-by]")) tab.hidden = family !== null;
}
