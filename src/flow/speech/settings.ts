/** How one language is spoken. */
export interface Voice {
  /** FreeSWITCH's speech engine: `flite`, `unimrcp`, … */
  readonly engine: string;
  readonly voice: string;
  /** A `say` module (`en`) whose recorded sounds are used for `say-as`, where a prompt need not be interrupted. */
  readonly say?: string;
  /** The engine understands SSML: it gets it as it is, values escaped. */
  readonly ssml?: boolean;
}

export interface SpeechSettings {
  /** By language: `en-US`, or `en` for all kinds of it. */
  readonly languages: Readonly<Record<string, Voice>>;
  readonly defaultLanguage: string;
}

export const NO_SPEECH: SpeechSettings = { languages: {}, defaultLanguage: 'en-US' };

/** `en-GB` is spoken by the voice for `en-GB`, else by that for `en`. Upper and lower case are the same. */
export function voiceFor({ languages }: SpeechSettings, language: string): Voice | undefined {
  const exact = Object.hasOwn(languages, language) ? languages[language] : undefined;
  if (exact !== undefined) return exact;
  const wanted = language.toLowerCase().replaceAll('_', '-');
  const short = wanted.split('-')[0];
  let loose: Voice | undefined;
  for (const [name, voice] of Object.entries(languages)) {
    const known = name.toLowerCase().replaceAll('_', '-');
    if (known === wanted) return voice;
    if (known === short) loose = voice;
  }
  return loose;
}
