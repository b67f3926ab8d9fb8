// What the server tells this page as it happens: the queue, and the open conversation. One line for both.

import { Line } from "../line.js";

export class News {
  // `where()`: { c, after } of the open conversation. `on`: one function for each type of news, connected(bool), lost().
  constructor(api, where, on) {
    Object.assign(this, { api, where, on });
    this.line = new Line(() => this.addresses(), {
      data: (text) => this.take(JSON.parse(text)),
      read: () => this.read(),
      connected: on.connected,
      lost: on.lost,
    });
  }

  connect() {
    this.line.connect();
  }

  // Another conversation is shown: a WebSocket is told, any other line begins anew.
  moved() {
    const { c, after } = this.where();
    if (!this.line.tell({ open: c, after })) this.line.now();
  }

  take(news) {
    this.line.alive();
    this.on[news.type]?.(news);
  }

  async read() {
    const { ok, data } = await this.api.get(`/desk/api/news?${this.query()}`);
    if (ok) for (const news of data.told) this.take(news);
  }

  addresses() {
    return { socket: `/desk/live?${this.query()}`, events: `/desk/api/events?${this.query()}` };
  }

  query() {
    return new URLSearchParams(this.where());
  }
}
