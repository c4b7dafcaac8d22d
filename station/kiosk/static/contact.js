// The line to the station. Rule: silence is never good news. No word for 3 s, a closed line, or a lane whose beat
// stands still while words go on arriving: each is 'lost', and only a fresh view ends it.
const SILENCE_MS = 3000;
const AGAIN_MS = 1000;

export function contact(path, { heard, lost }) {
  let last = performance.now();
  let beat = null;
  let line = null;

  function open() {
    line = new WebSocket(`ws://${location.host}${path}`);
    const mine = line;
    line.onmessage = (event) => {
      if (mine !== line) return;
      const view = JSON.parse(event.data);
      const turning = view.beat === 0 || view.beat !== beat;
      beat = view.beat;
      if (turning) {
        last = performance.now();
        heard(view);
      }
    };
    line.onclose = () => {
      if (mine !== line) return;
      lost(silence());
      setTimeout(open, AGAIN_MS);
    };
  }

  const silence = () => Math.round((performance.now() - last) / 1000);

  open();
  setInterval(() => {
    if (performance.now() - last > SILENCE_MS) lost(silence());
  }, 250);
}

/** A WebSocket of JPEGs on a canvas; an <img> stream would leak. While one is being decoded, later ones are dropped. */
export function preview(path, canvas, missing, drawOver = () => {}) {
  const brush = canvas.getContext("2d", { alpha: false });
  let last = -Infinity;
  let busy = false;

  async function paint(blob) {
    if (busy) return;
    busy = true;
    try {
      const picture = await createImageBitmap(blob);
      if (canvas.width !== picture.width || canvas.height !== picture.height) {
        canvas.width = picture.width;
        canvas.height = picture.height;
      }
      brush.drawImage(picture, 0, 0);
      drawOver(brush, picture.width, picture.height);
      picture.close();
      last = performance.now();
    } catch {
      // Half a picture: the next one comes in an eighth of a second.
    } finally {
      busy = false;
    }
  }

  function open() {
    const line = new WebSocket(`ws://${location.host}${path}`);
    line.binaryType = "blob";
    line.onmessage = (event) => paint(event.data);
    line.onclose = () => setTimeout(open, AGAIN_MS);
  }

  open();
  setInterval(() => {
    missing.hidden = performance.now() - last < 2000;
  }, 250);
}
