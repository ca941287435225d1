import fc from 'fast-check';

/** A file of ACLs as people write them, and as nobody should. */
export interface GeneratedFile {
  readonly text: string;
  /** Names of its lists, some of them twice. */
  readonly names: readonly string[];
  /** Whether FreeSWITCH finds the lists when the file is one of those in autoload_configs. */
  readonly includable: boolean;
}

const LISTS = ['lan', 'carriers', 'a&amp;b', 'Lan', 'nat.auto', 'x_1', 'r\u00e9seau'];

/** Few networks, so that they meet: nested, equal, and beside each other. */
export const NETWORKS = [
  '0.0.0.0/0',
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.2.0/24',
  '10.1.2.3/32',
  '10.1.2.128/25',
  '192.168.0.0/16',
  '192.0.2.7/32',
  '::/0',
  '2001:db8::/32',
  '2001:db8:1::/48',
  '2001:db8:1::7/128',
  'fe80::/10',
];

export const ADDRESSES = [
  '10.1.2.3',
  '10.1.2.4',
  '10.1.2.200',
  '10.1.9.9',
  '10.9.9.9',
  '10.0.0.0',
  '192.168.3.4',
  '192.0.2.7',
  '8.8.8.8',
  '0.0.0.0',
  '255.255.255.255',
  '127.0.0.1',
  '::1',
  '::',
  '2001:db8::1',
  '2001:db8:1::7',
  '2001:db8:1::8',
  'fe80::1',
  '2001:000a::1',
  'fd00::1',
];

/** What people write for a network, right and wrong. */
const oddCidr = fc.constantFrom(
  '10.1.2.3/8',
  '10.1.2.3/0',
  '10.0.0.0/',
  '10.0.0.0/x',
  '10.0.0.0/ 8',
  '10.0.0.0/8 ',
  '10.0.0.0/8abc',
  '10.0.0.0/4294967304',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/255.0.0.0',
  '10.1.2.3',
  '2001:db8::1',
  '2001:db8::/129',
  '0.0.0.0/32',
  '::/128',
  '::ffff:10.1.2.0/24',
  '::FFFF:10.0.0.0/8',
  '10.1.2.0/24,192.168.0.0/16',
  '10.1.2.0/24, 192.168.0.0/16',
  ' 10.1.2.0/24 ,, 2001:db8::/32 ',
  "10.1.2.0/24,'192.168.0.0/16'",
  '^^:10.1.2.0/24:8.8.8.8/32',
  '^^;10.1.2.0/24;8.8.8.8/32,9.9.9.9/32',
  '10&#46;1.2.0/24',
  '&#x31;0.0.0.0/8',
  '',
  '/',
  Array.from({ length: 34 }, (_, index) => `10.1.${index}.0/24`).join(','),
);

/** Addresses that FreeSWITCH can't read: it takes what its memory holds. */
const unreadableCidr = fc.constantFrom(
  '300.1.1.1/8',
  ' 10.0.0.0/8',
  '10.0.0/8',
  'example.org/8',
  '010.0.0.1/8',
  '::ffff:0:0/96',
);

const word = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('allow', 'deny') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'ALLOW',
      'true',
      'yes',
      '1',
      '-1',
      '1.5',
      '0',
      '',
      'alow',
      'drop',
      'T',
      'denied',
      '+',
    ),
  },
);

const quote = fc.constantFrom('"', '"', '"', "'");
const space = fc.constantFrom(' ', ' ', ' ', '  ', '\t');
const equals = fc.constantFrom('=', '=', '=', '=', ' = ', '= ', ' ');

function attributeText(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .record({ value, quote, space, equals })
    .map(
      ({ value: text, quote: mark, space: before, equals: sign }) =>
        `${before}${name}${sign}${mark}${text}${mark}`,
    );
}

const cidr = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(...NETWORKS) },
  { weight: 4, arbitrary: oddCidr },
  { weight: 1, arbitrary: unreadableCidr },
  { weight: 1, arbitrary: fc.constant('$${acl_net}') },
);

const hostMask = fc.constantFrom(
  ' host="10.1.2.0" mask="255.255.255.0"',
  ' host="10.0.0.0" mask="255.0.0.0"',
  " mask='0.0.0.0' host='0.0.0.0'",
  ' host="10.0.0.3" mask="255.0.0.255"',
  ' host="192.0.2.7" mask="0.0.0.0"',
  ' host="10.0.0.0"',
  ' host="10.0.0.0" mask="ten"',
);

const ports = fc.constantFrom(
  '',
  '',
  '',
  '',
  ' port="5060"',
  ' ports="5060,5061"',
  ' port-min="1" port-max="5"',
);
const ending = fc.constantFrom('/>', '/>', ' />', '></node>', '> </node>', '><!-- inside --></node>');

const node = fc
  .record({
    type: fc.option(attributeText('type', word), { freq: 12 }),
    target: fc.oneof(
      { weight: 12, arbitrary: attributeText('cidr', cidr) },
      { weight: 2, arbitrary: hostMask },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          '',
          ' cidr=10.0.0.0',
          ' cird="10.0.0.0/8"',
          ' cidr="10.0.0.0/8" cidr="::/0"',
        ),
      },
    ),
    ports,
    typeFirst: fc.boolean(),
    ending,
  })
  .map(({ type, target, ports: more, typeFirst, ending: end }) => {
    const attributes = typeFirst ? `${type ?? ''}${target}` : `${target}${type ?? ''}`;
    return `<node${attributes}${more}${end}`;
  });

const remark = fc.constantFrom(
  '<!-- a remark -->',
  '<!-- <node type="allow" cidr="0.0.0.0/0"/> -->',
  '<!---->',
  '<!-- over\nseveral\n  lines -->',
  '<?note of somebody?>',
  '<!--#set "acl_net=10.1.0.0/16" -->',
  '<X-PRE-PROCESS cmd="set" data="acl_net=10.1.2.0/24"/>',
  '<x-pre-process cmd="set" data="acl_net = 192.168.0.0/16"/> lost',
  '<!-- <X-PRE-PROCESS cmd="set" data="acl_net=8.8.8.8/32"/> -->',
  '<unknown a="1"/>',
  '<![CDATA[ <node cidr="::/0"/> ]]>',
  'text & more',
);

/** A line of a list. */
const line = fc.oneof(
  { weight: 8, arbitrary: node },
  {
    weight: 1,
    arbitrary: fc
      .tuple(node, fc.constantFrom(' <!-- site B -->', '<!-- x -->  ', '   ', ' <!-- runs\n on -->'))
      .map(([one, after]) => one + after),
  },
  { weight: 1, arbitrary: fc.tuple(node, node).map(([one, other]) => one + other) },
  { weight: 2, arbitrary: remark },
  { weight: 1, arbitrary: fc.constant('') },
);

interface Layout {
  readonly eol: string;
  readonly indent: string;
}

const list = fc
  .record({
    name: fc.constantFrom(...LISTS),
    quote,
    default: fc.option(attributeText('default', word), { freq: 10 }),
    lines: fc.array(line, { maxLength: 8 }),
    shape: fc.constantFrom('lines', 'lines', 'lines', 'lines', 'inline', 'self-closed', 'empty', 'tight'),
    after: fc.constantFrom('', '', '', ' <!-- its list -->'),
  })
  .map((parts) => ({
    name: parts.name,
    write({ eol, indent }: Layout): string {
      const open = `<list name=${parts.quote}${parts.name}${parts.quote}${parts.default ?? ''}`;
      const deeper = parts.lines.map((text) => `${indent}${indent}${indent}${text}${eol}`).join('');
      switch (parts.shape) {
        case 'inline':
          return `${indent}${indent}${open}>${parts.lines.filter((text) => !text.includes('PRE')).join('')}</list>${eol}`;
        case 'self-closed':
          return `${indent}${indent}${open} />${eol}`;
        case 'empty':
          return `${indent}${indent}${open}></list>${eol}`;
        case 'tight':
          return `${indent}${indent}${open}>${parts.after}${eol}${deeper}${indent}</list>`;
        case 'lines':
          return `${indent}${indent}${open}>${parts.after}${eol}${deeper}${indent}${indent}</list>${eol}`;
      }
    },
  }));

const wrapper = fc.constantFrom(
  'plain',
  'plain',
  'plain',
  'xml',
  'include',
  'bom',
  'document',
  'twice',
  'remarks',
);

export const aclFile: fc.Arbitrary<GeneratedFile> = fc
  .record({
    lists: fc.array(list, { minLength: 1, maxLength: 5 }),
    between: fc.array(remark, { maxLength: 2 }),
    eol: fc.constantFrom('\n', '\n', '\n', '\r\n', '\r'),
    indent: fc.constantFrom('  ', '  ', '\t', '    ', ''),
    wrapper,
    end: fc.constantFrom('\n', '', '\n\n<!-- the end -->\n'),
  })
  .map(({ lists, between, eol, indent, wrapper: kind, end }) => {
    const layout = { eol, indent };
    const body = lists
      .map((one) => one.write(layout))
      .join(between.map((text) => `${indent}${text}${eol}`).join(''));
    const inner = `<configuration name="acl.conf" description="Network Lists">${eol}${indent}<network-lists>${eol}${body}${indent}</network-lists>${eol}</configuration>${end}`;
    const wrapped: Readonly<Record<typeof kind, string>> = {
      plain: inner,
      xml: `<?xml version="1.0"?>${eol}${inner}`,
      include: `<include>${eol}${inner}${eol}</include>${eol}`,
      bom: `\ufeff${inner}`,
      document: `<document type="freeswitch/xml">${eol}<section name="configuration">${eol}${inner}</section>${eol}</document>${eol}`,
      twice: `${inner}${eol}<configuration name="acl.conf"><network-lists><list name="lan" default="allow"/></network-lists></configuration>${eol}`,
      remarks: `<!-- it begins -->${eol}${eol}${inner}`,
    };
    // Remarks are written with line feeds; all of the file has the same line ends.
    const text = wrapped[kind]
      .replaceAll('\n', '\0')
      .replaceAll(eol.replaceAll('\n', '\0'), '\0')
      .replaceAll('\0', eol);
    return {
      text,
      names: lists.map(({ name }) => name.replace('&amp;', '&')),
      includable: kind !== 'document',
    };
  });

export const edit = fc.record({
  operation: fc.constantFrom('add', 'add', 'remove'),
  list: fc.nat(4),
  cidr: fc.oneof(
    fc.constantFrom(...NETWORKS),
    fc.constantFrom('198.51.100.0/24', '203.0.113.9', '2001:db8:ffff::/48'),
  ),
  allow: fc.boolean(),
  comment: fc.option(fc.constantFrom('site B', 'caf\u00e9, <floor 2>', 'o\'clock & "quoted"')),
  ports: fc.option(fc.constantFrom('5060', '5060,5061', '5060-5070'), { freq: 8, nil: undefined }),
});

/** Such a file with a few characters cut out or put in. */
export const hurtFile: fc.Arbitrary<Buffer> = aclFile
  .filter(({ includable }) => includable)
  .chain(({ text }) => {
    const hurt = fc.record({
      at: fc.nat(text.length),
      cut: fc.nat(9),
      put: fc.constantFrom(
        '',
        '',
        '<',
        '"',
        '-->',
        '\r',
        '&',
        '$${',
        '<!--#',
        '</list>',
        '\ufeff',
        '/',
        '>',
        ' ',
      ),
    });
    return fc
      .array(hurt, { minLength: 1, maxLength: 3 })
      .map((hurts) =>
        Buffer.from(hurts.reduce((so, { at, cut, put }) => so.slice(0, at) + put + so.slice(at + cut), text)),
      );
  });
