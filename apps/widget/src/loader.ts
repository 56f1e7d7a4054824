/**
 * `<manyhands-widget job="…">`: what a host page includes. It opens one frame of the server's origin and does nothing
 * else; the question, the yes and the work live inside the frame, where the host's scripts cannot reach. A classic
 * script, because its own address says which server it belongs to. It runs under the host policy
 * `default-src 'none'; script-src SERVER; frame-src SERVER`: styles are constructed, never inline, and nothing is fetched.
 */

import type { FrameMessage } from './message.ts';

const SERVER = new URL((document.currentScript as HTMLScriptElement).src).origin;

/** Height of the card before it has said its own, so that the host page moves as little as possible. */
const HEIGHT_FIRST = 193;
const HEIGHT_MAX = 640;

class ManyhandsWidget extends HTMLElement {
  static readonly observedAttributes = ['job', 'theme'];
  readonly #frame = document.createElement('iframe');

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'closed' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      ':host{display:block;width:320px;max-width:100%}:host([hidden]){display:none}' +
        `iframe{display:block;width:100%;height:${HEIGHT_FIRST}px;border:0;color-scheme:normal}`,
    );
    root.adoptedStyleSheets = [sheet];
    this.#frame.title = 'Manyhands: help to train a model';
    this.#frame.loading = 'lazy';
    // The frame asks for a yes in the name of the site that shows it, so it must learn which one that is.
    this.#frame.referrerPolicy = 'origin';
    root.append(this.#frame);
  }

  connectedCallback(): void {
    addEventListener('message', this.#heard);
    this.#open();
  }

  disconnectedCallback(): void {
    removeEventListener('message', this.#heard);
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#open();
  }

  #open(): void {
    const job = this.getAttribute('job');
    if (job === null || job === '') return;
    const url = new URL(`/embed/${encodeURIComponent(job)}`, SERVER);
    const theme = this.getAttribute('theme');
    if (theme === 'light' || theme === 'dark') url.searchParams.set('theme', theme);
    if (this.#frame.src !== url.href) this.#frame.src = url.href;
  }

  /** The card says how high it is. Nothing else is heard, and nobody else is. */
  readonly #heard = ({ origin, source, data }: MessageEvent): void => {
    if (origin !== SERVER || source !== this.#frame.contentWindow) return;
    const height = (data as Partial<FrameMessage> | null)?.manyhandsHeight;
    if (typeof height !== 'number' || !(height > 0)) return;
    this.#frame.style.height = `${Math.min(Math.ceil(height), HEIGHT_MAX)}px`;
  };
}

if (customElements.get('manyhands-widget') === undefined) {
  customElements.define('manyhands-widget', ManyhandsWidget);
}
