// Draws the newest view and hands the guard's taps back. It decides nothing; it only refuses to show what is old:
// no view, no green; a green past its time, no green.
import { drawBar } from "/static/bar.js";
import { contact, preview } from "/static/contact.js";
import { drawAim, drawClosed, drawGathering, drawOrder, drawReady, drawRecent } from "/static/lane.js";
import { disarm, tap } from "/static/taps.js";
import { drawTheme } from "/static/theme.js";
import { drawTrip, tripAsked } from "/static/trip.js";
import { closePickers, drawVerdict, nameplate, outcomeOf } from "/static/verdict.js";
import { draw as drawWords, onLanguage, otherLanguage, put, say } from "/static/words.js";

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
  drawTheme(view);
  drawBar(view);
  drawRecent(view, (sequence) => { looking = sequence; draw(); });
  drawTrip(view);
  const verdict = standing();
  const earlier = looking === null ? null : view.recent.find((passage) => passage.sequence === looking);
  if (verdict) drawStanding(verdict);
  else if (view.screen === "out_of_order") { drawOrder(view); showScreen("order"); }
  else if (!view.gate_open) { drawClosed(view); showScreen("closed"); }
  else if (earlier) {
    drawVerdict(view, earlier, true, () => { looking = null; draw(); });
    showScreen("verdict", `earlier ${nameplate(earlier)}`);
  } else if (view.screen === "gathering") {
    drawGathering(view);
    showScreen("gathering", tripAsked(view) ? `trip ${view.visit_began}` : "");
  }
  else { drawReady(view); showScreen("ready"); }
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
  put($("lost-for"), seconds > 3 ? `${seconds} s` : "");
  showScreen("lost");
}

$("without-code").addEventListener("click", () => tap("/without-code"));
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
