// What the client's uploader takes from a browser, on top of Node's own fetch.

class Upload extends EventTarget {}

export class Request extends EventTarget {
  upload = new Upload();
  readyState = 0;
  status = 0;
  response = null;
  #headers = new Headers();
  #sent = {};
  #abort = new AbortController();

  open(method, url) {
    Object.assign(this, { method, url, readyState: 1 });
  }

  setRequestHeader(name, value) {
    this.#sent[name] = value;
  }

  getResponseHeader(name) {
    return this.#headers.get(name);
  }

  abort() {
    this.#abort.abort();
  }

  async send(body) {
    try {
      const answer = await fetch(this.url, {
        method: this.method,
        body,
        headers: this.#sent,
        signal: this.#abort.signal,
      });
      this.response = await answer.text();
      this.#headers = answer.headers;
      Object.assign(this, { status: answer.status, readyState: 4 });
      this.onreadystatechange?.();
      this.onload?.();
    } catch (error) {
      (error.name === "AbortError" ? this.onabort : this.onerror)?.(error);
    }
  }
}

/** Makes Node enough of a browser; parts of `chunkSize` bytes make a small file a multi-part upload. */
export function pretend(chunkSize) {
  globalThis.XMLHttpRequest = Request;
  globalThis.window = Object.assign(new EventTarget(), {
    navigator: { onLine: true },
    FTRACK_UPLOAD_CHUNK_SIZE: chunkSize,
  });
}
