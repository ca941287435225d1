/** Something about a file of ACLs that FreeSWITCH would silently skip or misread, or that helps nobody. */
export interface Finding {
  readonly code: FindingCode;
  /** `error`: not what is written. `warning`: probably not what is meant. `info`: worth knowing. */
  readonly severity: 'error' | 'warning' | 'info';
  readonly file: string;
  /** From 1; nothing when it is about the file as a whole. */
  readonly line?: number;
  readonly list?: string;
  readonly message: string;
  readonly remedy: string;
}

/** What each finding is about, with what to do; codes are stable. */
export const FINDINGS = {
  no_acl_conf:
    'Wrap the lists in <configuration name="acl.conf"><network-lists> … </network-lists></configuration>.',
  wrapped:
    'As a file of autoload_configs it begins with <configuration name="acl.conf">, without <document> and <section>.',
  second_configuration: 'Keep one <configuration name="acl.conf">; FreeSWITCH looks at the first only.',
  second_container: 'Keep one <network-lists>; FreeSWITCH looks at the first only.',
  other_file: 'Move that file out of the folder, or rename it so that it does not end in .xml.',
  dropped_line: 'Put each directive, <include> and <?xml?> on a line of its own.',
  unknown_element: 'Only <list> stands in <network-lists>, and only <node> in <list>.',
  unknown_attribute: 'Check its spelling.',
  no_name: 'Give the list a name.',
  duplicate_list: 'Merge the lists of that name; FreeSWITCH takes the last one alone.',
  replaces_auto: 'Choose another name unless the list of FreeSWITCH is meant to be replaced.',
  default_missing: 'Write default="deny" (or default="allow").',
  default_mistyped: 'Write default="allow" or default="deny".',
  type_missing: 'Write type="allow" or type="deny".',
  type_mistyped: 'Write type="allow" or type="deny".',
  skipped: 'Correct the entry; FreeSWITCH works without it.',
  unpredictable: 'Correct the address.',
  misread: 'Write what is meant.',
  host_bits: 'Write the network itself.',
  unknown: 'Ask FreeSWITCH: switchhook acl test <ip> <list>.',
  matches_everything: 'Remove the entry; for everybody write 0.0.0.0/0, for one host its own address.',
  wide_open: 'Narrow it to the networks that are meant.',
  meaningless_default: 'Remove the entries, or change the default.',
  never_decides: 'Remove the entry that never decides.',
  host_mask_v6: 'Write it as a cidr: host and mask are held against IPv6 addresses too.',
  no_such_list: 'Correct the name, or add the list: an unknown name denies everybody.',
} as const satisfies Record<string, string>;

export type FindingCode = keyof typeof FINDINGS;
