// The guard finds a resident: by initials or the end of a telephone number on few keys, or by tiles of building and
// room. One touch on a row takes him; 'all' takes his family, less those who are not here.
import { activateCard } from "/static/card.js";
import { doorPicker, pathName } from "/static/door.js";
import { familyShown, forgetFound, offerRows, showFound, ticked } from "/static/found.js";
import { closeSheet, onClosing, openSheet } from "/static/sheets.js";
import { tap } from "/static/taps.js";
import { put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const MOST_SIGNS = 10;
const tabs = [...document.querySelectorAll("button[data-by]")];
let purpose = null;
let query = "";
let asked = 0;

const doors = doorPicker($("finder-door"), {
  changed: (path) => put($("finder-query"), pathName(path) || say("find.how.door")),
  done: (door) => search(asQuery(door)),
});

const asQuery = ({ building, unit, room }) => [building, unit, room].filter(Boolean).join("-");

/** taken(found): what a touch on a row does. named: a family may come in one go. stranger: for somebody on no list. */
function begin({ title, holder = "", taken, named = false, passes = false, stranger = null, only = "" }) {
  purpose = { title, taken, named, passes, stranger };
  wantCard(false);
  put($("finder-holder"), holder);
  $("finder-stranger").hidden = stranger === null;
  turn("name");
  openSheet("finder", only);
}

/** on: a touch on a row is for a blank card, and for nothing else. */
function wantCard(on) {
  const { title, taken, named, passes } = purpose;
  const takeFamily = named && !on ? (of) => search(asQuery(of), of.household) : null;
  offerRows({ taken: on ? ({ person }) => activateCard({ person }) : taken, passes: passes && !on, takeFamily });
  put($("finder-title"), say(on ? "find.title.card" : title));
  $("finder-card").hidden = !passes;
  $("finder-card").setAttribute("aria-pressed", String(on));
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

export const findNamed = (passes) => begin({ title: "find.title", taken: ({ person }) => arrive([person]), named: true, passes });

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
  showFound(found, text, whole);
}

$("finder-card").addEventListener("click", () => {
  wantCard($("finder-card").getAttribute("aria-pressed") !== "true");
  type(query);
});
for (const key of document.querySelectorAll("[data-key]")) {
  key.addEventListener("click", () => type(query + key.dataset.key));
}
for (const button of tabs) button.addEventListener("click", () => turn(button.dataset.by));
$("finder-clear").addEventListener("click", () => type(""));
$("finder-stranger").addEventListener("click", () => purpose.stranger());
$("finder-together").addEventListener("click", () => arrive(ticked()));
$("finder-back").addEventListener("click", () => {
  if (familyShown()) type(query);
  else if ($("finder").dataset.by !== "door" || !doors.back()) closeSheet();
});
onClosing(() => {
  asked += 1;
  query = "";
  forgetFound();
  put($("finder-holder"), "");
});
