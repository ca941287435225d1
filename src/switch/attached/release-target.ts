/** Where a call goes that is given back, as `transfer` takes it. */
export interface ReleaseTarget {
  readonly extension: string;
  readonly dialplan: string;
  readonly context: string;
}

/**
 * A word of a target: what neither FreeSWITCH's splitting of arguments, nor its expansion, nor the inline dialplan
 * reads as anything else.
 */
const WORD = /^[A-Za-z0-9_.+*#@-]{1,128}$/;

export function isTargetWord(word: string): boolean {
  return WORD.test(word);
}

/** `<extension> [<dialplan>] [<context>]`, as in the channel variable `cti_release`; undefined when it is not that. */
export function readReleaseTarget(text: string): ReleaseTarget | undefined {
  const [extension = '', dialplan = 'XML', context = 'default', ...more] = text.trim().split(/ +/);
  const words = [extension, dialplan, context];
  return more.length === 0 && words.every(isTargetWord) ? { extension, dialplan, context } : undefined;
}

/** As the application `transfer` takes it; without a target the call is hung up. */
export function targetText(target: ReleaseTarget | undefined): string {
  if (target === undefined) return 'hangup:NORMAL_CLEARING inline';
  return `${target.extension} ${target.dialplan} ${target.context}`;
}
