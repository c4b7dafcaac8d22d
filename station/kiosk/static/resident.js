// The resident's side: what to do now, in large type, in both languages at once and with nobody's name. Rule: as on the
// guard's side, what is old is never shown as if it were new; a green past its time is gone.
import { contact } from "/static/contact.js";
import { refill } from "/static/tiles.js";
import { put, sayIn } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const root = document.documentElement;
const GREEN_GRACE_MS = 1500;
const MOST_LINES = 2;
const LONG = 4;
let view = null;
let green = { of: "", since: 0 };

const both = (key) => [sayIn("zh", key), sayIn("en", key)];
const told = (each) => [each.zh, each.en];
const closedNotice = () => (view.closed_notice_zh ? [view.closed_notice_zh, view.closed_notice_en] : both("closed.fallback"));

function verdictNow() {
  const verdict = view.screen === "verdict" ? view.verdict : null;
  if (verdict?.outcome !== "admit") {
    green = { of: "", since: 0 };
    return verdict;
  }
  if (green.of !== verdict.at) green = { of: verdict.at, since: performance.now() };
  return performance.now() - green.since > view.green_seconds * 1000 + GREEN_GRACE_MS ? null : verdict;
}

/** screen, shape, verb, and up to two lines of what and why. */
function scene() {
  const verdict = verdictNow();
  if (verdict?.outcome === "admit") return ["admit", "admit", both(`admit.${verdict.direction}`), [both("res.through")]];
  if (verdict) return [verdict.outcome, verdict.outcome, both(`outcome.${verdict.outcome}`), why(verdict)];
  if (view.screen === "out_of_order") return ["refer", "order", both("order.title"), [both("res.order")]];
  if (view.retest_site) return ["measure", view.retest_site, both(`retest.${view.retest_site}`), [howToMeasure(`retest.how.${view.retest_site}`)]];
  if (!view.gate_open && view.screen === "ready") return ["refuse", "closed", both("closed.title"), [closedNotice(), [view.hours_zh, view.hours_en]]];
  if (view.screen === "gathering" && view.awaiting.includes("temperature")) return ["measure", "heat", both("res.measure"), [howToMeasure("res.measure.how")]];
  if (view.screen === "gathering") return ["measure", "wait", both("outcome.refer"), [both("res.wait")]];
  const hint = both(view.hint ? `aim.${view.hint}` : "ready.how");
  return ["ready", "phone", both("ready.prompt"), [hint, ...(view.notices.length ? [notice()] : [both("ready.mask")])]];
}

const howToMeasure = (usual) => both(view.guidance ? `guide.${view.guidance}` : usual);

function why(verdict) {
  const reasons = verdict.reasons.slice(0, 1).flatMap((reason) => [both(`reason.${reason}.say`), both(`reason.${reason}.do`)]);
  return reasons.length ? reasons : [both("res.home")];
}

const notice = () => told(view.notices[Math.floor(Date.now() / 8000) % view.notices.length]);

function draw() {
  const [screen, shape, verb, lines] = scene();
  root.dataset.screen = screen;
  $("shape").setAttribute("href", `#mark-${shape}`);
  refill($("verb"), verb, () => verb.map(inLanguage));
  $("verb").classList.toggle("long", verb[0].length > LONG);
  const shown = lines.filter(([zh]) => zh).slice(0, MOST_LINES);
  refill($("what"), shown, () => shown.map((pair) => {
    const item = document.createElement("li");
    item.append(...pair.map(inLanguage));
    return item;
  }));
  const call = screen === "refuse" || screen === "refer" ? view.office_telephone : "";
  put($("call"), call ? `${sayIn("zh", "verdict.office").replace("{n}", call)}` : "");
  drawBand();
  root.toggleAttribute("data-training", view.training);
}

function inLanguage(text, at) {
  const part = document.createElement("span");
  part.lang = at === 0 ? "zh-CN" : "en";
  part.textContent = text;
  return part;
}

function drawBand() {
  const key = view.fire ? "fire" : view.training ? "train.what" : view.rehearsal ? "rehearsal" : "";
  $("band").hidden = key === "";
  $("band").className = view.fire ? "band fire" : "band";
  if (key) put($("band"), both(key).join("　"));
}

function lost() {
  view = null;
  green = { of: "", since: 0 };
  root.dataset.screen = "lost";
  $("shape").setAttribute("href", "#mark-lost");
  refill($("verb"), "lost", () => both("outcome.refer").map(inLanguage));
  refill($("what"), "lost", () => {
    const item = document.createElement("li");
    item.append(...both("res.order").map(inLanguage));
    return [item];
  });
  put($("call"), "");
}

contact("/resident/view", { heard: (newest) => { view = newest; draw(); }, lost });
