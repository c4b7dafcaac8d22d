// The phone's half of a pass: its own key, and the statement that it signs anew every 30 seconds.
// The mirror of gate/formats/phone_pass.py; decision 8 in docs/decisions says why it is built so.

import { array, bytes, integer, joined, map, tagged, text } from "./cbor.js";
import { base45 } from "./base45.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const ES256 = { name: "ECDSA", hash: "SHA-256" };
const SAID_AT = 6;
const PASS = -70002;
const COSE_SIGN1 = 18;
const HEADER = map([[integer(1), integer(-7)]]);
const NOTHING = new Uint8Array(0);
// Order of P-256. Of the two signatures that fit, gates take the one with the smaller s.
const ORDER = octets("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
const HALF = octets("7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8");

// The private key cannot be read out of the browser, not even by this page.
export async function drawKey() {
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign"]);
  return { private: pair.privateKey, public: await compressed(pair.publicKey) };
}

// pass: the bytes that the office signed. seconds: since 1970. The text of the QR code.
export async function codeOf(pass, key, seconds) {
  const statement = map([
    [integer(SAID_AT), integer(seconds)],
    [integer(PASS), bytes(pass)],
  ]);
  const signed = array([text("Signature1"), bytes(HEADER), bytes(NOTHING), bytes(statement)]);
  const signature = lowered(new Uint8Array(await crypto.subtle.sign(ES256, key, signed)));
  return "GC1:" + base45(tagged(COSE_SIGN1, array([bytes(HEADER), map([]), bytes(statement), bytes(signature)])));
}

async function compressed(key) {
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", key));
  return joined(Uint8Array.of(2 + (point[64] & 1)), point.slice(1, 33));
}

function lowered(signature) {
  const s = signature.slice(32);
  const differs = s.findIndex((byte, place) => byte !== HALF[place]);
  if (differs < 0 || s[differs] < HALF[differs]) return signature;
  return joined(signature.slice(0, 32), difference(ORDER, s));
}

// Of two numbers of 32 bytes, the greater first; by hand, since BigInt is too new for the phones of many elderly.
function difference(greater, lesser) {
  const left = new Uint8Array(32);
  let borrowed = 0;
  for (let place = 31; place >= 0; place--) {
    const value = greater[place] - lesser[place] - borrowed;
    borrowed = value < 0 ? 1 : 0;
    left[place] = value & 0xff;
  }
  return left;
}

function octets(hex) {
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}
