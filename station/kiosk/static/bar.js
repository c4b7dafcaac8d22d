// The bar that is always there. Rule: a part that is as it should be is quiet, any other is amber and says so.
import { known, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const OLD_SECONDS = 60;

function age(seconds) {
  if (seconds < 60) return say("age.now");
  if (seconds < 3600) return say("age.minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 48 * 3600) return say("age.hours", { n: Math.floor(seconds / 3600) });
  return say("age.days", { n: Math.floor(seconds / 86400) });
}

export function clockText(instant, timezone, parts) {
  const options = { timeZone: timezone, hourCycle: "h23", ...parts };
  return new Intl.DateTimeFormat("zh-CN", options).format(new Date(instant));
}

const HM = { hour: "2-digit", minute: "2-digit" };
export const shortTime = (instant, timezone) => clockText(instant, timezone, HM);

/** The time alone today, with the day before it otherwise. */
export function placeInTime(instant, now, timezone) {
  const day = (each) => clockText(each, timezone, { month: "numeric", day: "numeric" });
  const time = shortTime(instant, timezone);
  return day(instant) === day(now) ? time : `${day(instant)} ${time}`;
}

export const gateName = (gate) => (known(`gate.${gate}`) ? say(`gate.${gate}`) : gate);

export function drawBar(view) {
  drawGate(view.gate);
  put($("lane"), view.lane);
  put($("clock"), clockText(view.now, view.timezone, { ...HM, second: "2-digit" }));
  $("rehearsal").hidden = !view.rehearsal && !view.training;
  put($("rehearsal"), say(view.training ? "train.what" : "rehearsal"));
  drawWay(view);
  drawHealth(view.health, view.warnings);
  $("fire").hidden = !view.fire;
}

/** A gate that the compass names is called so; any other needs the word 'gate' behind its name. */
function drawGate(gate) {
  put($("gate"), gateName(gate));
  $("gate-kind").hidden = known(`gate.${gate}`);
}

function drawWay(view) {
  const way = $("way");
  way.toggleAttribute("data-fixed", !view.both_directions);
  for (const button of way.children) {
    button.setAttribute("aria-pressed", String(button.dataset.direction === view.direction));
  }
}

function drawHealth(health, warnings) {
  const words = { link: link(health), queue: queue(health), rules: rules(health), clock: clock(health) };
  const faults = { ...health.faults };
  for (const part of ["camera", "thermometer"]) {
    words[part] = part in faults ? [say("fault", { part: partName(part) }), true] : [say(`part.ok.${part}`), false];
    delete faults[part];
  }
  for (const part of Object.keys(warnings)) if (!(part in health.faults) && known(`part.${part}`)) words[part] = [say("watch", { part: partName(part) }), true];
  for (const part of Object.keys(faults)) words[part] = [say("fault", { part: partName(part) }), true];
  const list = $("health");
  for (const item of [...list.children]) if (!(item.dataset.part in words)) item.remove();
  for (const [part, [text, amber]] of Object.entries(words)) {
    const item = list.querySelector(`[data-part="${CSS.escape(part)}"]`) ?? added(list, part);
    put(item, text);
    if (part === "rules") item.title = editions(health);
    item.classList.toggle("amber", amber);
  }
}

function added(list, part) {
  const item = document.createElement("li");
  item.dataset.part = part;
  list.append(item);
  return item;
}

export const partName = (part) => (known(`part.${part}`) ? say(`part.${part}`) : part);

const link = (health) => [say(`link.${health.link}`), health.link !== "hub"];

function queue({ queue: n, oldest_seconds: oldest }) {
  if (n === 0) return [say("queue.none"), false];
  const old = oldest >= OLD_SECONDS;
  return [say(old ? "queue.old" : "queue.some", { n, age: age(oldest) }), old];
}

function rules({ rules: edition, rules_age_hours: hours, rules_stale: stale }) {
  if (edition === null || hours === null) return [say("rules.none"), true];
  if (stale) return [say("rules.stale", { age: age(hours * 3600) }), true];
  return [say("rules.fresh", { age: age(hours * 3600) }), false];
}

/** For whoever asks on the telephone which list a gate has: the editions behind the age. */
const editions = ({ rules: edition, trust }) => (edition && trust ? say("rules.editions", { rules: edition, trust }) : "");

const clock = (health) => [say(`clock.${health.clock}`), health.clock !== "synced"];
