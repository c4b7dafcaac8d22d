// CBOR (RFC 8949), as much of it as a statement needs, each value in its one shortest form.

export function integer(value) {
  return value < 0 ? head(1, -1 - value) : head(0, value);
}

export function bytes(content) {
  return joined(head(2, content.length), content);
}

export function text(content) {
  const encoded = new TextEncoder().encode(content);
  return joined(head(3, encoded.length), encoded);
}

export function array(items) {
  return joined(head(4, items.length), ...items);
}

// pairs: [[key, value], ...], already encoded, in the order in which they shall stand.
export function map(pairs) {
  return joined(head(5, pairs.length), ...pairs.flat());
}

export function tagged(tag, value) {
  return joined(head(6, tag), value);
}

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// What is larger than 32 bits does not occur: seconds until 2106, lengths of some hundred bytes.
function head(major, value) {
  const kind = major << 5;
  if (value < 24) return Uint8Array.of(kind | value);
  if (value < 0x100) return Uint8Array.of(kind | 24, value);
  if (value < 0x10000) return Uint8Array.of(kind | 25, value >>> 8, value & 0xff);
  return Uint8Array.of(kind | 26, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
