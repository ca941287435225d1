import { applicationInfo } from '../switch/applications.js';
import type { Segment } from './served.js';
import { variablesOf } from './served.js';
import { dataOf } from './write-json.js';

/**
 * mod_httapi's document. Applications are executed as they are, rather than by mod_httapi's own words for some of
 * them: `<answer/>` ends the document (mod_httapi.c parse_answer returns FALSE), and `<playback>` tells neither
 * whether the file was there nor which key ended it. Data stands in the attribute, which mod_httapi does not expand.
 */
export function writeHttapi({ items, next }: Segment): string {
  const work: string[] = [];
  let follows: string | undefined = next;
  items.forEach((served, at) => {
    const { application, data, asks } = served;
    if (application === 'hangup') {
      work.push(`<hangup cause="${escaped(data)}"/>`);
      return;
    }
    if (application === 'cti_curl' || application === 'cti_flow') {
      // A list of the configuration may end with the URL of another document.
      if (application === 'cti_curl' && at === items.length - 1) follows ??= data;
      return;
    }
    if (asks !== undefined)
      for (const name of applicationInfo(application).clears(data))
        work.push(`<execute application="unset" data="${escaped(name)}"/>`);
    work.push(`<execute application="${escaped(application)}" data="${escaped(dataOf(served))}"/>`);
    if (asks !== undefined)
      for (const name of variablesOf(asks)) work.push(`<getVariable name="${escaped(name)}"/>`);
  });
  // Without anything that comes back mod_httapi would ask the same URL again.
  work.push(follows === undefined ? '<break/>' : `<continue action="${escaped(follows)}"/>`);
  return `<document type="text/freeswitch-httapi"><work>${work.join('')}</work></document>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Characters that XML can't carry are left out. */
function escaped(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- exactly those
      .replaceAll(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')
      .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
      .replaceAll(/[\t\r\n]/g, (character) => `&#${character.charCodeAt(0)};`)
  );
}
