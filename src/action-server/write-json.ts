import { applicationInfo } from '../switch/applications.js';
import type { Segment, Served } from './served.js';
import { resultName, variablesOf } from './served.js';

/**
 * mod_cti's list: `application` and `data`, both strings. What became of an action is kept in a channel variable
 * right behind it, and all of it goes along with the URL of the last action; FreeSWITCH fills it in. Values are
 * escaped by its own `url_encode` (mod_commands.c), for a blank ends an argument and `#` a URL.
 */
export function writeJson({ items, next }: Segment): string {
  const list: { application: string; data: string }[] = [];
  let results = '';
  items.forEach((served, at) => {
    const { asks } = served;
    if (asks === undefined) {
      list.push({ application: served.application, data: dataOf(served) });
      return;
    }
    for (const name of applicationInfo(served.application).clears(served.data))
      list.push({ application: 'unset', data: name });
    list.push({ application: served.application, data: dataOf(served) });
    const values = variablesOf(asks)
      .map((name, which) => `${resultName(asks.at, which)}=\${url_encode(\${${name}})}`)
      .join('&');
    if (values === '') return;
    // Nothing runs between the last action and the URL, so that its variables are still there.
    if (at === items.length - 1) results += `&${values}`;
    else {
      list.push({ application: 'set', data: `cti_o${asks.at}=${values}` });
      results += `&\${cti_o${asks.at}}`;
    }
  });
  if (next !== undefined) list.push({ application: 'cti_curl', data: `${next}&uuid=\${uuid}${results}` });
  return JSON.stringify(list);
}

/** For our own runner, which reads more than two keys, and tells everything by one placeholder. */
export function writeForSwitchhook({ items, next }: Segment): string {
  const list: object[] = items.map(({ application, data, id, onError, timeoutMs }) => ({
    application,
    data,
    ...(id === undefined ? {} : { id }),
    ...(onError === undefined ? {} : { on_error: onError }),
    ...(timeoutMs === undefined ? {} : { timeout_ms: timeoutMs }),
  }));
  if (next !== undefined)
    list.push({ application: 'cti_curl', data: `${next}&uuid={uuid}&cti_outcomes={cti_outcomes}` });
  return JSON.stringify(list);
}

/**
 * A failed `bridge` hangs up the caller unless this is set, and FreeSWITCH bounds its ringing in whole seconds
 * (switch_ivr_originate.c); both for this one application alone (switch_core_session.c: a leading `%[…]`).
 */
export function dataOf({ application, data, timeoutMs }: Served): string {
  if (application !== 'bridge' || data.startsWith('%')) return data;
  const ring = timeoutMs === undefined ? '' : `,call_timeout=${Math.max(1, Math.ceil(timeoutMs / 1000))}`;
  return `%[continue_on_fail=true${ring}]${data}`;
}
