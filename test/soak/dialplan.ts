import { CONTEXT } from '../bench/sip-profile.js';
import { KINDS } from './mix.js';

/** Header of FreeSWITCH's BYE that tells how the call ended. */
export const BRANCH_HEADER = 'X-Soak';

interface Places {
  readonly app: number;
  readonly a: number;
  readonly b: number;
}

/**
 * Calls of the mix. `X-Soak: program` is of a call that ended inside its program; `back:<status>:<error>` of one that
 * came back to the dialplan, which plays a moment of silence and hangs up: the way that is foreseen for faults.
 */
export function soakDialplan({ app, a, b }: Places): string {
  const hosts: Readonly<Record<string, string>> = {
    'a-b': `127.0.0.1:${a}|127.0.0.1:${b}`,
    'b-a': `127.0.0.1:${b}|127.0.0.1:${a}`,
    'only-b': `127.0.0.1:${b}`,
  };
  const back = [
    action('set', `sip_bye_h_${BRANCH_HEADER}=back:\${cti_status}:\${cti_error}`),
    action('answer', ''),
    action('playback', 'silence_stream://200'),
    action('hangup', 'NORMAL_CLEARING'),
  ];
  const extensions = KINDS.flatMap((kind) =>
    Object.entries(hosts).map(([name, list]) => {
      const program =
        kind.flow === undefined
          ? action('set', `cti_curl=http://127.0.0.1:${app}/${kind.name}?number={destination_number}`)
          : action('set', `cti_flow=${kind.flow}`);
      const handOver =
        kind.isParked === true
          ? [action('park', '')]
          : [action('execute_extension', 'cti_curl XML switchhook'), ...back];
      return extension(`^soak-${kind.name}-${name}-\\d+$`, [
        action('set', `switchhook_hosts=${list}`),
        action('set', `sip_bye_h_${BRANCH_HEADER}=program`),
        program,
        ...handOver,
      ]);
    }),
  );
  return [
    '<include>',
    `<context name="${CONTEXT}">`,
    ...extensions,
    extension('^soak-back$', back),
    '</context>',
    '</include>',
    '',
  ].join('\n');
}

function extension(pattern: string, actions: readonly string[]): string {
  return [
    `<extension name="${pattern.replaceAll(/\W/g, '_')}">`,
    `<condition field="destination_number" expression="${pattern}">`,
    ...actions,
    '</condition>',
    '</extension>',
  ].join('\n');
}

function action(application: string, data: string): string {
  const escaped = data.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<action application="${application}" data="${escaped}"/>`;
}
