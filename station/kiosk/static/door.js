// Which door: building, then unit and floor where there are many rooms, then the room. Tiles only, no typing.
import { buildingName, tile } from "/static/tiles.js";
import { say } from "/static/words.js";

const MOST_TILES = 40;
const DIGITS = "1234567890".split("");
let offered = null;
let asking = null;

/** Ask anew, as a sheet is opened: the page stands for weeks, and the office's lists do not. */
export function renewOffers() {
  asking = ask().finally(() => { asking = null; });
}

async function ask() {
  try {
    const answer = await fetch("/forms", { signal: AbortSignal.timeout(4000) });
    if (answer.ok) offered = await answer.json();
  } catch {
    // As it was offered last, or nothing; the guard goes back and tries again.
  }
}

/** What the forms offer; asked for again where the station had nothing yet. */
export async function offers() {
  if (asking === null && !offered?.buildings.length) renewOffers();
  await asking;
  return offered ?? { buildings: [], plate_prefix: "", slots: [], purposes: [], places: [] };
}

const parsed = (text) => {
  const cut = text.lastIndexOf("-");
  const room = text.slice(cut + 1);
  return { unit: cut < 0 ? "" : text.slice(0, cut), room, floor: /^\d{3,4}$/.test(room) ? String(Number(room.slice(0, -2))) : "" };
};
const distinct = (list) => [...new Set(list)];

/** Draws into `list`. changed(text): how far it has come. done(door): all of it, or as far as the guard knows. */
export function doorPicker(list, { changed, done }) {
  let path = {};
  let buildings = [];

  function draw() {
    changed(path);
    const { building } = path;
    if (building === undefined) return put(buildings.map(([name]) => [name, name, () => step({ building: name })]));
    const all = (buildings.find(([name]) => name === building)?.[1] ?? []).map(parsed);
    if (!all.length) return typeRoom();
    const rooms = all.filter((each) => (path.unit ?? each.unit) === each.unit && (path.floor ?? each.floor) === each.floor);
    const units = distinct(rooms.map((each) => each.unit));
    const floors = distinct(rooms.map((each) => each.floor));
    if (rooms.length > MOST_TILES && units.length > 1) {
      return put(units.map((unit) => [unit, say("unit", { n: unit }), () => step({ ...path, unit })]));
    }
    if (rooms.length > MOST_TILES && floors.length > 1) {
      return put(floors.map((floor) => [floor, say("floor", { n: floor }), () => step({ ...path, floor })]));
    }
    const several = units.length > 1;
    return put(rooms.map(({ unit, room }) => [room, several && unit ? `${unit}-${room}` : room, () => done({ building, unit, room })]));
  }

  /** The office named no rooms of this building: the number is put together out of ten tiles. */
  function typeRoom() {
    put(DIGITS.map((digit) => [digit, digit, () => step({ ...path, room: `${path.room ?? ""}${digit}`.slice(0, 6) })]));
  }

  function put(tiles) {
    list.dataset.size = tiles.length > 15 ? "many" : "few";
    list.replaceChildren(...tiles.map(([, text, picked]) => tile(text, picked)));
  }

  function step(next) {
    path = next;
    draw();
  }

  return {
    async begin() {
      path = {};
      ({ buildings } = await offers());
      draw();
    },
    /** False where there is nothing left to take back. */
    back() {
      const last = ["room", "floor", "unit", "building"].find((part) => path[part] !== undefined);
      if (last === undefined) return false;
      const { [last]: _, ...rest } = path;
      step(rest);
      return true;
    },
    enough: () => path.building !== undefined && done({ building: path.building, unit: path.unit ?? "", room: path.room ?? "" }),
  };
}

export function pathName({ building, unit, floor, room }) {
  const parts = [building === undefined ? "" : buildingName(building)];
  if (unit) parts.push(say("unit", { n: unit }));
  if (floor) parts.push(say("floor", { n: floor }));
  if (room) parts.push(room);
  return parts.filter(Boolean).join(" ");
}
