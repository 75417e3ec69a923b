/** Which rows of an ordered list are chosen: one by one, toggled, or a span from an anchor. */

export class Selection {
  ids = new Set();
  anchor = null;
  /** The row that keys act on. */
  current = null;

  only(id) {
    this.ids = new Set([id]);
    this.anchor = id;
    this.current = id;
  }

  toggle(id) {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.anchor = id;
    this.current = id;
  }

  /** Everything between the anchor and `id` in `order`, and nothing else. */
  spanTo(id, order) {
    const from = Math.max(0, order.indexOf(this.anchor));
    const to = order.indexOf(id);
    this.ids = new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1));
    this.current = id;
  }

  all(order) {
    this.ids = new Set(order);
  }

  clear() {
    this.ids = new Set();
    this.anchor = null;
  }

  /** Rows that are gone, or filtered away, are no longer chosen. */
  keepOnly(order) {
    const there = new Set(order);
    this.ids = new Set([...this.ids].filter((id) => there.has(id)));
    if (!there.has(this.anchor)) this.anchor = null;
    if (!there.has(this.current)) this.current = null;
  }
}
