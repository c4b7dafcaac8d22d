// What the phone keeps, in IndexedDB: passes with their keys, and an enrolment whose answer has not come yet. Beside it
// three small things that name nobody: the language, which pass is shown, and how far the clock is off.

const NAME = "gate-pass";

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("passes", { keyPath: "serial" });
      request.result.createObjectStore("pending", { keyPath: "token" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function within(store, mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, mode);
      const request = work(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

const listed = (store) => within(store, "readonly", (each) => each.getAll());
const put = (store, value) => within(store, "readwrite", (each) => each.put(value));
const removed = (store, key) => within(store, "readwrite", (each) => each.delete(key));

// {serial, name, compound, issuedAt, expiresAt, pass, key, revoked}; the first that came is the first shown.
export const passes = async () => (await listed("passes")).sort((one, other) => one.keptAt - other.keptAt);
export const keepPass = (pass) => put("passes", pass);
export const dropPass = (serial) => removed("passes", serial);

export const pending = () => listed("pending");
export const pendingOf = (token) => within("pending", "readonly", (each) => each.get(token));
export const keepPending = (enrolment) => put("pending", enrolment);
export const dropPending = (token) => removed("pending", token);

// A browser may refuse even to be asked for these; the page must still be able to say so, in either language.
const unkept = {};

export function recall(name) {
  try {
    return unkept[name] ?? localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(name, value);
    delete unkept[name];
  } catch {
    unkept[name] = value;
  }
}
