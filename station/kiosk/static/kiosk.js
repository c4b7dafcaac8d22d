// Draws the newest view and hands the guard's taps back. It decides nothing; it only refuses to show what is old:
// no view, no green; a green past its time, no green.
import { drawAim } from "/static/aim.js";
import { drawBar } from "/static/bar.js";
import { drawCard } from "/static/card.js";
import { contact, preview } from "/static/contact.js";
import { renewOffers } from "/static/door.js";
import { drawDuty } from "/static/duty.js";
import { drawResting, drawRetest } from "/static/fever.js";
import { findNamed } from "/static/finder.js";
import { drawClosed, drawGathering, drawOrder, drawReady, drawRecent } from "/static/lane.js";
import { keepTime } from "/static/made.js";
import { drawPurpose, purposeAsked } from "/static/purpose.js";
import { keepDay } from "/static/returnee.js";
import { keepZone } from "/static/set_clock.js";
import { closeSheet, openSheet, placeSheet } from "/static/sheets.js";
import { disarm, tap } from "/static/taps.js";
import { drawTheme } from "/static/theme.js";
import { drawTidings } from "/static/tidings.js";
import { drawTrip, tripAsked } from "/static/trip.js";
import { closePickers, drawVerdict, nameplate, outcomeOf } from "/static/verdict.js";
import { draw as drawWords, onLanguage, otherLanguage, put, say } from "/static/words.js";
import "/static/guests.js";

const $ = (id) => document.getElementById(id);
const root = document.documentElement;
const GREEN_GRACE_MS = 1500;
let view = null;
let looking = null;
let green = { of: "", since: 0 };

function showScreen(name, whose = "") {
  const key = `${name} ${whose}`;
  if (root.dataset.key === key) return;
  if (name !== "verdict") closePickers();
  root.dataset.key = key;
  root.dataset.screen = name;
  disarm();
}

function draw() {
  if (view === null) return;
  for (const keep of [keepTime, keepDay, keepZone]) keep(view);
  for (const part of [drawTheme, drawBar, drawDuty, drawTrip, drawPurpose, drawResting, drawTidings, drawCard]) part(view);
  drawRecent(view, (sequence) => { looking = sequence; draw(); });
  $("lane-side").toggleAttribute("data-asked", questionAsked());
  drawScreen();
  placeSheet(root.dataset.screen, root.dataset.key, root.dataset.screen === "gathering" && questionAsked());
}

const questionAsked = () => tripAsked(view) || purposeAsked(view);

function drawScreen() {
  const verdict = standing();
  const earlier = looking === null ? null : view.recent.find((passage) => passage.sequence === looking);
  if (verdict) drawStanding(verdict);
  else if (view.screen === "out_of_order") { drawOrder(view); showScreen("order"); }
  else if (view.retest !== null) { drawRetest(view); showScreen("retest", String(view.retest.sequence)); }
  else if (!view.gate_open && view.screen === "ready") { drawClosed(view); showScreen("closed"); }
  else if (earlier) {
    drawVerdict(view, earlier, true, () => { looking = null; draw(); });
    showScreen("verdict", `earlier ${nameplate(earlier)}`);
  } else if (view.screen === "gathering") {
    drawGathering(view);
    showScreen("gathering", `${view.visit_began} ${tripAsked(view) ? "trip" : ""}${purposeAsked(view) ? "purpose" : ""}`);
  } else { drawReady(view); showScreen("ready"); }
}

/** The verdict to show now; none when its green has outlived itself. */
function standing() {
  const verdict = view.screen === "verdict" ? view.verdict : null;
  if (verdict === null || outcomeOf(verdict) !== "admit") {
    green = { of: "", since: 0 };
    return verdict;
  }
  if (green.of !== nameplate(verdict)) green = { of: nameplate(verdict), since: performance.now() };
  return performance.now() - green.since > view.green_seconds * 1000 + GREEN_GRACE_MS ? null : verdict;
}

function drawStanding(verdict) {
  looking = null;
  drawVerdict(view, verdict, false, (how) => { if (how === "dismissed") tap("/dismiss"); });
  showScreen("verdict", nameplate(verdict));
}

function lost(seconds) {
  view = null;
  looking = null;
  green = { of: "", since: 0 };
  closeSheet();
  put($("lost-for"), seconds > 3 ? `${seconds} s` : "");
  showScreen("lost");
}

const starts = {
  "no-phone": () => { renewOffers(); findNamed(view?.can_make_passes ?? false); },
  guests: () => { renewOffers(); openSheet("guests"); },
  "without-code": () => tap("/without-code"),
};
for (const button of document.querySelectorAll("[data-start]")) button.addEventListener("click", () => starts[button.dataset.start]());
$("language").addEventListener("click", otherLanguage);
for (const button of $("way").children) {
  button.addEventListener("click", () => {
    if (view && view.both_directions && view.direction !== button.dataset.direction) {
      tap("/direction", { direction: button.dataset.direction });
    }
  });
}
onLanguage(draw);
drawWords();
document.title = say("gate");
contact("/view", { heard: (newest) => { view = newest; draw(); }, lost });
preview("/preview", $("preview"), $("no-picture"), (brush, width, height) => drawAim(brush, view, width, height));
