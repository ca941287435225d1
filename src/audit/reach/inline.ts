import { cutAt } from './effects.js';
import { joinTexts } from './value.js';
import type { Text } from './value.js';

/** The items of an inline dialplan: `app:data,app:data`, or `m:^:app:data^app:data` (mod_dptools.c inline_dialplan_hunt). */
export function readInline(list: Text): { readonly application: Text; readonly data: Text }[] {
  const [first, ...others] = list;
  let delimiter = ',';
  let rest = list;
  if (typeof first === 'string' && /^m:.:/s.test(first)) {
    delimiter = first.charAt(2);
    rest = joinTexts([first.slice(4)], others);
  }
  const items: { application: Text; data: Text }[] = [];
  for (let remaining: Text | undefined = rest; remaining !== undefined && items.length < 128;) {
    const parts: [Text, Text] | undefined = cutAt(remaining, delimiter);
    const item = parts?.[0] ?? remaining;
    remaining = parts?.[1];
    const colon = cutAt(item, ':');
    if (item.length > 0) items.push({ application: colon?.[0] ?? item, data: colon?.[1] ?? [] });
  }
  return items;
}
