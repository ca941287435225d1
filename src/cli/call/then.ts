import { InvalidArgumentError, Option } from 'commander';

export interface ThenFlag {
  readonly then?:
    'hangup' | { readonly extension: string; readonly dialplan: string; readonly context: string };
}

/** Where an attached call goes afterwards. */
export function thenOption(): Option {
  return new Option(
    '--then <where>',
    'where an attached call goes afterwards: hangup, or "<extension> [<dialplan>] [<context>]"',
  ).argParser(readThen);
}

function readThen(text: string): ThenFlag['then'] {
  return text === 'hangup' ? text : targetFrom(text);
}

/** `<extension> [<dialplan>] [<context>]` */
export function targetFrom(text: string): Exclude<NonNullable<ThenFlag['then']>, 'hangup'> {
  const [extension = '', dialplan = 'XML', context = 'default', ...more] = text.trim().split(/ +/);
  if (extension === '' || more.length > 0)
    throw new InvalidArgumentError('expected hangup, or an extension with its dialplan and context');
  return { extension, dialplan, context };
}
