// Whoever has a fever: rests, with his time counted down in the strip, and is measured again place by place.
import { celsius, nameOf, placeOf } from "/static/lane.js";
import { closeSheet, onClosing, openSheet } from "/static/sheets.js";
import { tap } from "/static/taps.js";
import { mark, refill, tile } from "/static/tiles.js";
import { now, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const USUAL_DEGREES = 36;
const MOST_SHOWN = 2;
let degrees = USUAL_DEGREES;
let site = "forehead";
// Of the visit that is on the screen, and of that for whom the sheet was opened.
let began = 0;
let visit = 0;

export function drawResting(view) {
  began = view.visit_began;
  const shown = [...view.resting].sort((a, b) => Number(b.ready) - Number(a.ready)).slice(0, MOST_SHOWN);
  const left = (each) => Math.max(0, Math.ceil((Date.parse(each.ready_at) - Date.parse(view.now)) / 1000));
  refill($("resting"), [now(), shown.map((each) => [each, each.ready ? 0 : left(each)])], () => shown.map((each) => {
    const card = tile("", () => tap("/retest", { sequence: each.sequence }), { look: each.ready ? "ready-now" : "" });
    const who = document.createElement("b");
    who.textContent = nameOf(each.person);
    const what = document.createElement("small");
    const n = `${Math.floor(left(each) / 60)}:${String(left(each) % 60).padStart(2, "0")}`;
    what.textContent = each.ready ? say("resting.ready") : say("resting.left", { n });
    card.append(mark("seat"), who, what);
    return card;
  }));
  $("resting").hidden = shown.length === 0;
}

export function drawRetest({ retest, guidance }) {
  const measured = retest.site === "";
  $("retest-shape").setAttribute("href", `#mark-${measured ? "wait" : retest.site}`);
  put($("retest-who"), `${nameOf(retest.person)}　${placeOf(retest.person)}`);
  put($("retest-site"), say(measured ? "awaiting.nothing" : `retest.${retest.site}`));
  put($("retest-how"), measured ? "" : say(guidance ? `guide.${guidance}` : `retest.how.${retest.site}`));
  $("retest-hand").hidden = measured;
  site = retest.site || site;
  refill($("retest-readings"), [now(), retest.readings], () => retest.readings.map(([where, value]) => {
    const item = document.createElement("li");
    item.append(mark(where), `${say(`site.${where}`)} ${value === null ? "—" : celsius(value)}`);
    return item;
  }));
}

/** What the guard reads off his own thermometer: the tenth alone, as long as it is 36 and something. */
function openHand(at) {
  site = at;
  visit = began;
  degrees = USUAL_DEGREES;
  drawHand();
  openSheet("hand", document.documentElement.dataset.key);
}

function drawHand() {
  for (const button of $("hand-degrees").children) button.setAttribute("aria-pressed", String(Number(button.dataset.degrees) === degrees));
  for (const button of $("hand-tenths").children) button.textContent = `${degrees}.${button.dataset.tenth}`;
  for (const button of $("hand-site").children) button.setAttribute("aria-pressed", String(button.dataset.site === site));
}

async function typed(tenth) {
  if (await tap("/temperature", { celsius: Number(`${degrees}.${tenth}`), site, began: visit })) closeSheet();
}

for (const button of $("hand-degrees").children) {
  button.addEventListener("click", () => { degrees = Number(button.dataset.degrees); drawHand(); });
}
for (const button of $("hand-site").children) {
  button.addEventListener("click", () => { ({ site } = button.dataset); drawHand(); });
}
for (const button of $("hand-tenths").children) button.addEventListener("click", () => typed(button.dataset.tenth));
$("hand").addEventListener("click", () => openHand("forehead"));
$("retest-hand").addEventListener("click", () => openHand(site));
onClosing(() => { degrees = USUAL_DEGREES; });
