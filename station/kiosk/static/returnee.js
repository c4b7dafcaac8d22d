// Somebody is back from elsewhere: from where, with the office's list of places of risk at hand, and since which day.
import { offers } from "/static/door.js";
import { send } from "/static/guests.js";
import { openSheet } from "/static/sheets.js";
import { doorName, inWords, tile } from "/static/tiles.js";
import { dayName, isoDay } from "/static/trip.js";
import { now, put, say } from "/static/words.js";

const $ = (id) => document.getElementById(id);
const DAY_MS = 86400_000;
const DAYS = 15;
let here = { now: new Date().toISOString(), timezone: "Asia/Shanghai" };
let who = null;

export function keepDay(view) {
  here = view;
}

/** found: the resident, or null for somebody on no list. */
export function beginReturnee(found) {
  who = found;
  put($("returnee-who"), found ? `${found.masked_name}　${doorName(found)}` : "");
  askWhere();
  openSheet("returnee");
}

async function askWhere() {
  const { places } = await offers();
  put($("returnee-title"), say("returnee.where"));
  list([...places.map((each) => [inWords(each, now()), () => askWhen(each.id)]), [say("returnee.else"), () => askWhen(null)]]);
}

function askWhen(place) {
  const today = isoDay(here.now, here.timezone);
  const days = Array.from({ length: DAYS }, (_, ago) => new Date(Date.parse(today) - ago * DAY_MS).toISOString().slice(0, 10));
  put($("returnee-title"), say("returnee.when"));
  list(days.map((day) => [dayName(day, today), () => answer(place, day)]));
}

const answer = (place, day) => send({ form: "returnee", place, came_back_on: day }, false, "host_agreed", who?.person ?? null);

function list(tiles) {
  $("returnee-choices").dataset.size = "few";
  $("returnee-choices").replaceChildren(...tiles.map(([text, done]) => tile(text, done)));
}

$("returnee-back").addEventListener("click", () => {
  if ($("returnee-title").textContent === say("returnee.when")) askWhere();
  else openSheet("guests");
});
