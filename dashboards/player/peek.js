// A small picture of the moment under the pointer: a tile of the sprite sheet of its minute.

const [COLUMNS, WIDTH, HEIGHT] = [10, 160, 90];
const MINUTE_MS = 60_000;
// A day is a minute a pixel, and some sheets are yet to be made: only where the pointer rests.
const REST_MS = 150;
const FRESH_MS = 60_000; // the rest of a minute may be on its way
const KEPT = 20; // sheets, 3 MB each in a browser's memory

export class Peek {
  constructor(box, gateway) {
    Object.assign(this, { box, gateway, sheets: new Map(), wanted: null, loading: false });
  }

  /** Show a camera's moment with its middle at `x` px of the line; null for `ms`: nothing. */
  at(camera, ms, x) {
    clearTimeout(this.resting);
    this.wanted = ms === null ? null : { camera, ms, x };
    const known = this.draw();
    if (!known && this.wanted) this.resting = setTimeout(() => this.load(), REST_MS);
  }

  key = ({ camera, ms }) => `${camera} ${Math.floor(ms / MINUTE_MS)}`;

  /** Whether nothing need be asked for what is wanted. */
  draw() {
    const sheet = this.wanted && this.sheets.get(this.key(this.wanted));
    this.box.hidden = !sheet?.url;
    if (!sheet) return false;
    const { ms, x } = this.wanted;
    const second = Math.floor((ms % MINUTE_MS) / 1000);
    const most = this.box.parentElement.clientWidth - WIDTH;
    Object.assign(this.box.style, {
      backgroundImage: sheet.url ? `url(${sheet.url})` : "none",
      backgroundPosition: `${-(second % COLUMNS) * WIDTH}px ${-Math.floor(second / COLUMNS) * HEIGHT}px`,
      left: `${Math.min(Math.max(x - WIDTH / 2, 0), most)}px`,
    });
    return sheet.until > Date.now();
  }

  /** Fetch what is wanted; one at a time, and what is wanted by then after it. */
  async load() {
    if (this.loading || !this.wanted) return;
    this.loading = true;
    const asked = this.wanted;
    const url = await this.gateway.sprites(asked.camera, asked.ms).catch(() => null);
    this.loading = false;
    this.keep(this.key(asked), { url, until: Date.now() + FRESH_MS });
    if (this.wanted && !this.draw()) this.load();
  }

  keep(key, sheet) {
    this.forget(key);
    this.sheets.set(key, sheet);
    if (this.sheets.size > KEPT) this.forget(this.sheets.keys().next().value);
  }

  forget(key) {
    const { url } = this.sheets.get(key) || {};
    if (url) URL.revokeObjectURL(url);
    this.sheets.delete(key);
  }

  end() {
    clearTimeout(this.resting);
    this.wanted = null;
    [...this.sheets.keys()].forEach((key) => this.forget(key));
  }
}
