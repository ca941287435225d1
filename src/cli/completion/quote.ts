/** In single quotes, as bash and zsh read them. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The first sentence, for those shells that show what a word is for. */
export function hint(description: string): string {
  const [first = ''] = description.split(/(?<=[.;:])\s/);
  return first.replaceAll(/[`\n]/g, '').replace(/[.;:]$/, '');
}
