import { lastOf } from '../../switch-config/configuration.js';
import type { SwitchConfiguration } from '../../switch-config/configuration.js';
import type { Collector } from '../collector.js';
import { weaknessOf } from '../passwords.js';

const FILE = 'xml_rpc.conf';

/** mod_xml_rpc.c: without a realm and a user nobody is asked for a password. */
export function checkXmlRpc(configuration: SwitchConfiguration, found: Collector): void {
  const node = configuration.configuration(FILE);
  if (node === undefined || !configuration.loads('mod_xml_rpc')) return;
  const settings = configuration.settings(FILE);
  const value = (name: string): string => lastOf(settings, name)?.value ?? '';
  if (value('auth-realm') === '' && value('auth-user') === '') {
    found.add('xml-rpc-open', 'error', configuration.placeOf(node), 'XML-RPC asks for no password.');
    return;
  }
  const weakness = weaknessOf(value('auth-pass'), [value('auth-user')]);
  if (weakness === undefined) return;
  const place = lastOf(settings, 'auth-pass')?.place ?? configuration.placeOf(node);
  found.add('xml-rpc-open', 'error', place, `XML-RPC has ${weakness}.`);
}
