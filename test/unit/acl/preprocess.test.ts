import { expect, it } from 'vitest';
import { preprocess } from '../../../src/acl/preprocess.js';

function read(text: string): ReturnType<typeof preprocess> {
  return preprocess({ path: 'acl.conf.xml', text });
}

it('knows of each character where it stood', () => {
  const text =
    '<X-PRE-PROCESS cmd="set" data="net=10.0.0.0/8"/>\n<a $${net}$${unknown} $${no<!--#x -->$${net}/>\n';
  const made = read(text);
  expect(made.text).toBe('<a 10.0.0.0/8$${unknown} $${no10.0.0.0/8/>\n');
  const [first, second] = [text.indexOf('$${net}'), text.lastIndexOf('$${net}')];
  const from = (offset: number, length: number): number[] => Array.from({ length }, (_, at) => offset + at);
  expect(Array.from(made.text, (_, index) => made.originOf(index).offset)).toEqual([
    ...from(text.indexOf('<a'), 3),
    ...Array<number>(10).fill(first),
    ...from(first + 7, 17),
    ...Array<number>(10).fill(second),
    ...from(second + 7, 3),
  ]);
});

it('refuses variables that make line after line long, of lines that are dropped too', () => {
  const set = (value: string): string => `<X-PRE-PROCESS cmd="set" data="a=${value}"/>\n`;
  const long = set('b') + set('$${a}$${a}').repeat(17);
  expect(read(long + '$${a}').text).toBe('b'.repeat(2 ** 17));
  const dropped = '<X-PRE-PROCESS cmd="none"/>$${a}\n';
  expect(read(long + dropped.repeat(20)).text).toBe('');
  for (const line of [dropped, '<!--#none $${a}-->\n', '<?x ?>$${a}\n', '$${a}\n'])
    expect(() => read(long + line.repeat(40))).toThrow(
      expect.objectContaining({ code: 'acl_not_accepted' }) as Error,
    );
});
