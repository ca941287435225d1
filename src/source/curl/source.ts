import type { ActionSource, CallView, SourceAnswer, SourceContext, Waiting } from '../port.js';
import type { Endpoint } from './endpoint.js';
import { Inquiry } from './inquiry.js';
import type { InquiryTools } from './inquiry.js';
import type { UrlTemplate } from './url-template.js';

/** An HTTP app as a source of actions: it is asked once, and its list is all there is. */
export class CurlSource implements ActionSource {
  readonly kind = 'curl';
  declare readonly waiting?: Waiting;
  readonly #tools: InquiryTools;
  readonly #endpoint: Endpoint;
  readonly #url: UrlTemplate;
  readonly #shown: UrlTemplate;

  /** @param shown the URL as it may be shown */
  constructor(
    tools: InquiryTools,
    endpoint: Endpoint,
    url: UrlTemplate,
    waiting: Waiting | undefined,
    shown = url,
  ) {
    this.#tools = tools;
    this.#endpoint = endpoint;
    this.#url = url;
    this.#shown = shown;
    if (waiting !== undefined) this.waiting = waiting;
  }

  start(call: CallView, context: SourceContext): Promise<SourceAnswer> {
    return new Inquiry(this.#tools, this.#endpoint, call, context).run(this.#url, this.#shown);
  }

  next(): Promise<SourceAnswer> {
    return Promise.resolve({ kind: 'done' });
  }
}
