import { describe, expect, it } from 'vitest';
import { Egress } from '../../../src/http-client/egress.js';
import { egressSchema } from '../../../src/source/curl/settings.js';

function egress(settings: Parameters<typeof egressSchema.parse>[0] = {}): Egress {
  return new Egress(egressSchema.parse(settings));
}

describe('addresses', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    '0.0.0.0',
    '0.1.2.3',
    '::',
    '224.0.0.1',
    '239.255.255.255',
    'ff02::1',
    '255.255.255.255',
    '240.0.0.1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::169.254.169.254',
    '2002:a9fe:a9fe::1',
    '::169.254.169.254',
    '::ffff:0.0.0.0',
    'not an address',
    '',
  ])('%s is refused', (address) => expect(egress().refusesAddress(address)).toBeTypeOf('string'));

  it.each([
    '127.0.0.1',
    '::1',
    '10.0.0.5',
    '192.168.1.1',
    '172.16.0.1',
    'fd12::1',
    '198.51.100.7',
    '2001:db8::1',
    '::ffff:10.0.0.1',
  ])('%s is not', (address) => expect(egress().refusesAddress(address)).toBeUndefined());

  it('can be denied', () => {
    const strict = egress({ denied_addresses: ['127.0.0.0/8', '::1', '10.0.0.0/8'] });
    expect(strict.refusesAddress('127.0.0.1')).toBe('127.0.0.1 is in egress.denied_addresses');
    expect(strict.refusesAddress('::1')).toBeTypeOf('string');
    expect(strict.refusesAddress('::ffff:127.0.0.1')).toBeTypeOf('string');
    expect(strict.refusesAddress('192.168.0.1')).toBeUndefined();
  });

  it('can be listed as exceptions', () => {
    const open = egress({
      allowed_addresses: ['169.254.7.0/24', '10.1.0.0/16'],
      denied_addresses: ['10.0.0.0/8'],
    });
    expect(open.refusesAddress('169.254.7.9')).toBeUndefined();
    expect(open.refusesAddress('169.254.8.9')).toBeTypeOf('string');
    expect(open.refusesAddress('10.1.2.3')).toBeUndefined();
    expect(open.refusesAddress('10.2.2.3')).toBeTypeOf('string');
  });
});

describe('origins', () => {
  it.each([
    'http://169.254.169.254',
    'http://2852039166',
    'http://0xa9fea9fe',
    'http://0251.0376.0251.0376',
    'http://169.254.43518',
    'http://169.254.169.254.',
    'http://[::ffff:169.254.169.254]',
    'http://[fe80::1]',
    'http://0',
    'https://[fd00:ec2::254]:8443',
    'http://①⑥⑨.254.169.254',
  ])('%s is refused as it is written', (url) => {
    expect(egress().refusesOrigin(new URL(url).origin)).toBeTypeOf('string');
  });

  it('are all allowed without a list', () => {
    expect(egress().refusesOrigin('https://a.example')).toBeUndefined();
    expect(egress().refusesOrigin('http://127.0.0.1:8080')).toBeUndefined();
  });

  it('are only those of the list, when there is one', () => {
    const listed = egress({ allowed_origins: ['https://a.example', 'http://10.0.0.5:8080/'] });
    expect(listed.refusesOrigin('https://a.example')).toBeUndefined();
    expect(listed.refusesOrigin('http://10.0.0.5:8080')).toBeUndefined();
    expect(listed.refusesOrigin('http://a.example')).toBe(
      'http://a.example is not in egress.allowed_origins',
    );
    expect(listed.refusesOrigin('https://a.example:444')).toBeTypeOf('string');
    expect(listed.refusesOrigin('https://b.a.example')).toBeTypeOf('string');
    expect(egress({ allowed_origins: [] }).refusesOrigin('https://a.example')).toBeTypeOf('string');
  });

  it('may be an address that is refused otherwise, when they are listed', () => {
    const listed = egress({ allowed_origins: ['http://169.254.169.254'] });
    expect(listed.refusesOrigin('http://169.254.169.254')).toBeUndefined();
    expect(listed.listsAddressOf('http://169.254.169.254')).toBe(true);
    expect(
      egress({ allowed_origins: ['http://metadata.example'] }).listsAddressOf('http://metadata.example'),
    ).toBe(false);
  });
});
