import type { Problem } from '../flow.js';
import { problem } from '../flow.js';
import { referencesIn } from '../references.js';
import type { OnePrompt, Prompt } from '../speech/prompt.js';
import { promptList } from '../speech/prompt.js';
import { INTERPRETATIONS, isInterpretation } from '../speech/say-as.js';
import { voiceFor } from '../speech/settings.js';
import type { SsmlNode } from '../speech/ssml.js';
import { parseSsml } from '../speech/ssml.js';
import type { CheckContext } from './context.js';
import { place } from './context.js';
import type { Node } from './graph.js';

type Path = readonly (string | number)[];

/** Sound files that are not there, SSML that is not understood, languages that nobody speaks. */
export function checkPrompts(node: Node, context: CheckContext): Problem[] {
  const { source, language: flowLanguage } = node.flow;
  const { prompts = [], languages = [] } = node.facts;
  const say = (rule: string, path: Path, message: string, severity: 'error' | 'warning' = 'error'): Problem =>
    problem(source, rule, place(node, path), message, severity);
  const blockLanguage = languages[0]?.language ?? flowLanguage;
  const problems: Problem[] = [];
  for (const { path, language } of languages) {
    if (isUnspoken(language, context))
      problems.push(say('no_voice', path, `no voice for "${language}" under flows.speech`, 'warning'));
  }
  for (const { path, prompt } of prompts) {
    promptList(prompt as Prompt).forEach((one, index) => {
      const at = Array.isArray(prompt) ? [...path, index] : path;
      problems.push(...checkOne(one, at, context, blockLanguage, say));
    });
  }
  const language = blockLanguage ?? context.speech?.defaultLanguage ?? '';
  const silent = prompts.find(({ prompt }) =>
    promptList(prompt as Prompt).some(
      (one) => needsVoice(one) && isUnspoken(languageOf(one) ?? language, context),
    ),
  );
  if (silent !== undefined && languages.length === 0) {
    problems.push(say('no_voice', silent.path, `no voice for "${language}" under flows.speech`, 'warning'));
  }
  return problems;
}

function needsVoice(prompt: OnePrompt): boolean {
  return typeof prompt === 'string' || 'text' in prompt || 'ssml' in prompt;
}

function languageOf(prompt: OnePrompt): string | undefined {
  return typeof prompt === 'object' && 'language' in prompt ? prompt.language : undefined;
}

/** A reference may bring any language; without a configuration nothing is said. */
function isUnspoken(language: string, { speech }: CheckContext): boolean {
  if (speech === undefined || referencesIn(language).length > 0) return false;
  return voiceFor(speech, language) === undefined;
}

function checkOne(
  prompt: OnePrompt,
  path: Path,
  context: CheckContext,
  blockLanguage: string | undefined,
  say: (rule: string, path: Path, message: string, severity?: 'error' | 'warning') => Problem,
): Problem[] {
  if (typeof prompt === 'string') return [];
  if ('file' in prompt) {
    if (referencesIn(prompt.file).length > 0 || context.fileExists?.(prompt.file) !== false) return [];
    return [say('missing_file', [...path, 'file'], `there is no file "${prompt.file}"`)];
  }
  if (!('ssml' in prompt)) return [];
  const language = prompt.language ?? blockLanguage ?? context.speech?.defaultLanguage;
  const speaksSsml =
    context.speech !== undefined &&
    language !== undefined &&
    voiceFor(context.speech, language)?.ssml === true;
  const { nodes, faults } = parseSsml(prompt.ssml);
  const unspoken = speaksSsml ? [] : nodes.flatMap(unspokenIn);
  return [
    ...new Set([
      ...(speaksSsml ? faults.filter((fault) => !fault.includes('supported')) : faults),
      ...unspoken,
    ]),
  ].map((message) => say('ssml', [...path, 'ssml'], message, 'warning'));
}

/** Tags that are read, and of which an engine without SSML can do nothing. */
function unspokenIn(node: SsmlNode): string[] {
  if (typeof node === 'string') return [];
  const inner = node.children.flatMap(unspokenIn);
  if (node.tag === 'prosody')
    return ['<prosody> does nothing: the engine has no SSML (ssml: true)', ...inner];
  const how = node.attributes['interpret-as'] ?? '';
  if (node.tag === 'say-as' && !isInterpretation(how)) {
    return [`interpret-as="${how}" is not supported; there are ${INTERPRETATIONS.join(', ')}`, ...inner];
  }
  return inner;
}
