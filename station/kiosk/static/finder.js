// Whose certificate is it? A keypad of few signs, and the residents who fit; touching one settles the passage for him.
import { placeOf } from "/static/lane.js";
import { disarm, tap } from "/static/taps.js";
import { put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const MOST_SIGNS = 10;
let verdict = null;
let query = "";
let asked = 0;
let done = () => {};

/** settled: called when the passage was settled for a resident. */
export function openFinder(of, settled) {
  verdict = of;
  done = settled;
  put($("finder-holder"), say("verdict.holder", { name: of.holder.name, birth: of.holder.birth || "?" }));
  $("finder").hidden = false;
  type("");
  disarm();
}

export function closeFinder() {
  if ($("finder").hidden) return;
  $("finder").hidden = true;
  $("finder-found").replaceChildren();
  put($("finder-holder"), "");
  disarm();
}

function type(text) {
  query = text.slice(0, MOST_SIGNS);
  put($("finder-query"), query || say("finder.how"));
  $("finder-query").toggleAttribute("data-empty", query === "");
  search();
}

/** Only the answer to the newest question is shown. */
async function search() {
  const mine = ++asked;
  let found = [];
  if (query.length > 1) {
    try {
      const answer = await fetch(`/search?q=${encodeURIComponent(query)}`, { signal: AbortSignal.timeout(4000) });
      if (answer.ok) found = await answer.json();
    } catch {
      // As if nobody were found: the guard types again.
    }
  }
  if (mine === asked) show(found);
}

function show(found) {
  const list = $("finder-found");
  list.replaceChildren(...found.map(card));
  if (!found.length && query.length > 1) {
    const nobody = document.createElement("p");
    nobody.textContent = say("finder.none");
    list.append(nobody);
  }
  disarm();
}

function card(resident) {
  const made = document.createElement("button");
  made.type = "button";
  const name = document.createElement("b");
  name.textContent = resident.masked_name;
  const door = document.createElement("span");
  const room = [resident.unit, resident.room].filter(Boolean).join("-");
  door.textContent = `${placeOf(resident)} ${say("finder.door", { n: room })}`;
  made.append(name, door);
  made.addEventListener("click", () => choose(resident.person));
  return made;
}

async function choose(person) {
  const body = { sequence: verdict.sequence, outcome: "admit", ground: "papers_checked", person };
  if (!(await tap("/settle", body))) return;
  closeFinder();
  done();
}

for (const key of document.querySelectorAll("[data-key]")) {
  key.addEventListener("click", () => type(query + key.dataset.key));
}
$("finder-clear").addEventListener("click", () => type(""));
$("finder-back").addEventListener("click", closeFinder);
