/** XML without its comments; one that does not end is left as it is. */
export function withoutComments(text: string): string {
  let kept = '';
  let at = 0;
  for (;;) {
    const begin = text.indexOf('<!--', at);
    const end = begin < 0 ? -1 : text.indexOf('-->', begin + '<!--'.length);
    if (end < 0) return kept + text.slice(at);
    kept += text.slice(at, begin);
    at = end + '-->'.length;
  }
}
