import { parseXml, XmlElement } from '@rgrove/parse-xml';
import type { Segment } from '../../../src/action-server/served.js';
import { writeHttapi } from '../../../src/action-server/write-httapi.js';
import { dataOf, writeForSwitchhook, writeJson } from '../../../src/action-server/write-json.js';
import { parseSwitchXml } from '../../../src/switch-config/xml.js';
import { asText, jsonForm, partOf } from '../forms/json.js';
import type { JsonValue } from '../forms/json.js';
import { defineTarget, must, mustEqual } from '../target.js';

/** Texts as the runner lets them through: well-formed, without NUL. */
function text(value: JsonValue | undefined): string {
  return Buffer.from(asText(value)).toString().replaceAll('\0', '');
}

function segmentOf(input: JsonValue): Segment {
  const items = partOf(input, 'items');
  const list = Array.isArray(items) ? items : [];
  return {
    items: list.map((item, at) => {
      const [application, data] = [text(partOf(item, 'application')), text(partOf(item, 'data'))];
      const asks = partOf(item, 'asks') === undefined ? {} : { asks: { index: at, application, data, at } };
      const timeoutMs = partOf(item, 'timeout_ms');
      return { application, data, ...asks, ...(typeof timeoutMs === 'number' ? { timeoutMs } : {}) };
    }),
    ...(partOf(input, 'next') === undefined ? {} : { next: text(partOf(input, 'next')) }),
  };
}

/** Without what XML can't carry. */
function carried(value: string): string {
  // eslint-disable-next-line no-control-regex -- exactly those
  return value.replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '');
}

export const target = defineTarget<JsonValue>({
  name: 'write-httapi',
  about:
    'Segments that are served: the document for mod_httapi is well-formed XML, as a strict parser and FreeSWITCH’s own read it, and gives back the very data; the lists are JSON with the same actions in the same order.',
  covers: ['action-server/write-httapi.ts', 'action-server/write-json.ts', 'switch-config/xml.ts'],
  form: jsonForm([
    'items',
    'application',
    'data',
    'asks',
    'next',
    'timeout_ms',
    'read',
    'bridge',
    'playback',
    'hangup',
    'cti_curl',
    'cti_flow',
    'record',
    'http://127.0.0.1/v1/actions/main?token=1.a.b&x=1',
    '1 4 a.wav digits 5000 #',
  ]),
  seeds: [
    {
      items: [
        { application: 'answer', data: '' },
        { application: 'read', data: '1 4 a.wav digits 5000 #', asks: true },
      ],
      next: 'http://127.0.0.1/v1/actions/main?token=1.a.b',
    },
    {
      items: [
        { application: 'bridge', data: `{a='b "c"'}user/<1>&amp;`, asks: true, timeout_ms: 1500 },
        { application: 'hangup', data: 'USER_BUSY' },
      ],
    },
    {
      items: [
        { application: 'set', data: 'cti_x=\r\n\t]]>' },
        { application: 'cti_curl', data: 'http://a/?b&c' },
      ],
    },
    { items: [] },
  ],
  run(input) {
    const segment = segmentOf(input);
    const document = writeHttapi(segment);
    const work = parseXml(document).root?.children[0];
    must(work instanceof XmlElement && work.name === 'work', 'no <work>');
    const elements = work.children.filter((child) => child instanceof XmlElement);
    must(
      elements.length === work.children.length && elements.length > 0,
      'something else beside the elements',
    );
    const executed = elements.filter(
      ({ name, attributes }) => name === 'execute' && attributes['application'] !== 'unset',
    );
    const expected = segment.items.filter(
      ({ application }) => !['hangup', 'cti_curl', 'cti_flow', 'unset'].includes(application),
    );
    mustEqual(
      executed.map(({ attributes }) => [attributes['application'], attributes['data']]),
      expected.map((item) => [carried(item.application), carried(dataOf(item))]),
      'executed',
    );
    const native = parseSwitchXml(document);
    must(native.ok, native.ok ? '' : `FreeSWITCH does not read it: ${native.reason}`);
    for (const written of [writeJson(segment), writeForSwitchhook(segment)]) {
      const list = JSON.parse(written) as unknown;
      must(
        Array.isArray(list) &&
          list.every((one) => typeof (one as { application?: unknown }).application === 'string'),
        'no list of actions',
      );
    }
  },
});
