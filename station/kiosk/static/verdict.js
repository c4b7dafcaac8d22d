// A verdict, and what the guard makes of it. The same section shows an earlier passage out of the strip.
import { swatch } from "/static/aim.js";
import { gateName, placeInTime, shortTime } from "/static/bar.js";
import { findCertificate } from "/static/finder.js";
import { celsius, drawBarrier, drawTags, nameOf, partyOf, placeOf } from "/static/lane.js";
import { disarm, tap } from "/static/taps.js";
import { refill } from "/static/tiles.js";
import { now, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const MOST_REASONS = 4;
const ALARMING = new Set(["fever", "temperature_too_low"]);

export const outcomeOf = (verdict) => verdict.settled ?? verdict.outcome;
export const nameplate = (verdict) => `${verdict.sequence} ${verdict.at}`;

const SETTLED = { admit: "verdict.let_through.done", refer: "undo.done", refuse: "verdict.send_back.done" };

let shown = null;
let leave = () => {};

/** earlier: taken from the strip, not whoever stands at the gate. done: called when the guard has finished with it. */
export function drawVerdict(view, verdict, earlier, done) {
  if (shown === null || nameplate(shown) !== nameplate(verdict)) closePickers();
  shown = verdict;
  leave = done;
  const outcome = outcomeOf(verdict);
  const section = $("verdict");
  section.dataset.outcome = outcome;
  section.toggleAttribute("data-earlier", earlier);
  $("shape").setAttribute("href", `#mark-${outcome}`);
  put($("verb"), say(outcome === "admit" ? `admit.${verdict.direction}` : `outcome.${outcome}`));
  put($("earlier"), earlier ? `${say("recent.title")} · ${shortTime(verdict.at, view.timezone)}` : "");
  drawReasons(verdict);
  drawFacts(verdict);
  drawBarrier($("verdict-barrier"), earlier ? "none" : view.barrier);
  drawNote(view, verdict);
  drawAnswers(verdict, earlier);
}

function drawReasons(verdict) {
  $("settled").hidden = verdict.settled === null;
  if (verdict.settled !== null) {
    const done = say(SETTLED[verdict.settled]);
    const plain = verdict.ground === null || verdict.ground === "sent_back" || verdict.settled === "refer";
    put($("settled"), plain ? done : `${done} · ${say(`ground.${verdict.ground}`)}`);
  }
  const reasons = verdict.reasons.slice(0, MOST_REASONS);
  const key = JSON.stringify([now(), reasons]);
  const list = $("reasons");
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.dataset.count = reasons.length > 2 ? "many" : String(reasons.length);
  list.replaceChildren(...reasons.map((reason) => {
    const item = document.createElement("li");
    const what = document.createElement("b");
    what.textContent = say(`reason.${reason}.say`);
    const next = document.createElement("span");
    next.textContent = say(`reason.${reason}.do`);
    item.append(what, next);
    return item;
  }));
}

function drawFacts(verdict) {
  put($("who"), nameOf(verdict.person));
  put($("where"), placeOf(verdict.person));
  $("heat").hidden = verdict.celsius === null;
  $("heat").classList.toggle("alarming", verdict.reasons.some((reason) => ALARMING.has(reason)));
  put($("heat").lastElementChild, celsius(verdict.celsius));
  $("facing").querySelector("use").setAttribute("href", `#mark-${verdict.direction}`);
  put($("facing").lastElementChild, say(`direction.${verdict.direction}`));
  drawTags($("tags"), verdict.person);
}

function drawNote(view, verdict) {
  const lines = [];
  const stopped = outcomeOf(verdict) !== "admit";
  if (verdict.holder) lines.push(say("verdict.holder", { name: verdict.holder.name, birth: verdict.holder.birth || "?" }));
  if (stopped && verdict.looks) lines.push(say(`looks.${verdict.looks}`));
  if (stopped && verdict.earlier) lines.push(earlierPassage(view, verdict.earlier));
  if (verdict.sequence === null) lines.push(say("verdict.unrecorded"));
  else if (stopped && verdict.settled === null && !verdict.overrulable) lines.push(say("verdict.no_overrule"));
  if (stopped && view.office_telephone) lines.push(say("verdict.office", { n: view.office_telephone }));
  if (view.screen === "verdict" && verdict === view.verdict && view.party.length) lines.push(partyOf(view));
  const looks = stopped ? verdict.looks : "";
  const drawn = (line) => (looks && line === say(`looks.${looks}`) ? whole(line, swatch(looks)) : whole(line));
  refill($("note"), lines, () => lines.flatMap((line, at) => (at ? ["　", drawn(line)] : [drawn(line)])));
}

/** Each line whole: a telephone number that breaks over two lines is dialled wrong. */
const whole = (text, ...before) => {
  const line = document.createElement("span");
  line.append(...before, text);
  return line;
};

function earlierPassage(view, { gate, at, direction }) {
  const way = say(`direction.${direction}`);
  return say("verdict.earlier", { gate: gateName(gate), way, at: placeInTime(at, view.now, view.timezone) });
}

function drawAnswers(verdict, earlier) {
  const outcome = outcomeOf(verdict);
  const untouched = verdict.settled === null || verdict.settled === "refer";
  const open = untouched && verdict.sequence !== null && outcome !== "admit";
  $("let-through").hidden = !(open && verdict.overrulable);
  $("send-back").hidden = !open;
  $("find").hidden = !(open && verdict.overrulable && verdict.holder);
  $("rest").hidden = !(open && !earlier && verdict.may_rest);
  $("aloud").hidden = earlier || outcome === "admit";
  $("undo").hidden = !(earlier && verdict.sequence !== null && (outcome === "admit" || verdict.settled === "refuse"));
  $("answers").hidden = !earlier && outcome === "admit";
  const label = earlier ? "recent.close" : open && verdict.outcome === "refer" ? "verdict.next" : "verdict.seen";
  put($("dismiss"), say(label));
}

function closeGrounds() {
  if ($("grounds").hidden) return;
  $("grounds").hidden = true;
  disarm();
}

function closeUndoing() {
  if ($("undoing").hidden) return;
  $("undoing").hidden = true;
  disarm();
}

export function closePickers() {
  closeGrounds();
  closeUndoing();
}

function openUndoing() {
  put($("undoing-who"), `${nameOf(shown.person)}　${placeOf(shown.person)}`);
  $("undoing").hidden = false;
  disarm();
}

function openGrounds() {
  put($("grounds-who"), `${nameOf(shown.person)}　${placeOf(shown.person)}`);
  $("grounds").hidden = false;
  disarm();
}

async function settle(outcome, ground) {
  const { sequence } = shown;
  if (!(await tap("/settle", { sequence, outcome, ground }))) return;
  closePickers();
  leave("settled");
}

$("let-through").addEventListener("click", openGrounds);
$("find").addEventListener("click", () => findCertificate(shown, document.documentElement.dataset.key, () => leave("settled")));
$("rest").addEventListener("click", () => tap("/rest", { sequence: shown.sequence }));
$("aloud").addEventListener("click", () => tap("/read-aloud"));
$("undo").addEventListener("click", openUndoing);
$("undo-back").addEventListener("click", closeUndoing);
$("undo-yes").addEventListener("click", () => settle("refer", "mistake"));
$("grounds-back").addEventListener("click", closeGrounds);
$("send-back").addEventListener("click", () => settle("refuse", "sent_back"));
$("dismiss").addEventListener("click", () => leave("dismissed"));
for (const button of document.querySelectorAll("[data-ground]")) {
  button.addEventListener("click", () => settle("admit", button.dataset.ground));
}
