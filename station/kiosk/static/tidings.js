// What the guard should know while nobody stands there: what wants doing first, what to watch, what the office says.
import { openDuty } from "/static/duty.js";
import { openClock } from "/static/set_clock.js";
import { mark, refill, tile } from "/static/tiles.js";
import { now, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const TURN_MS = 8000;
const AT_ONCE = 2;

export function drawTidings(view) {
  const told = now() === "zh" ? (each) => each.zh : (each) => each.en;
  const doing = todo(view);
  const lines = [...Object.values(view.warnings).map((each) => ["refer", told(each)]), ...notes(view), ...view.notices.map((each) => ["voice", told(each)])];
  const pages = Math.max(1, Math.ceil(lines.length / AT_ONCE));
  const page = Math.floor(Date.now() / TURN_MS) % pages;
  const shown = lines.slice(page * AT_ONCE, (page + 1) * AT_ONCE);
  $("tidings").closest(".ready").toggleAttribute("data-tidings", doing !== "" || lines.length > 0);
  refill($("tidings"), [now(), doing, shown], () => [
    ...(doing ? [tile(say(doing), doing === "clock.ask" ? openClock : openDuty, { sign: "refer", look: "todo" })] : []),
    ...shown.map(([sign, text]) => {
      const line = document.createElement("p");
      line.className = sign === "refer" ? "warning" : "";
      const what = document.createElement("span");
      what.textContent = text;
      line.append(mark(sign), what);
      return line;
    }),
  ]);
}

const todo = (view) => {
  if (view.health.clock === "floor") return "clock.ask";
  return view.sign_on && view.duty === null ? "duty.first" : "";
};

const notes = (view) => (view.duty?.note ? [["badge", say("duty.note", { note: view.duty.note })]] : []);
