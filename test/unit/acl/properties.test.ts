import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, readNetwork } from '../../../src/acl/address.js';
import { checkDocument } from '../../../src/acl/check.js';
import { decide } from '../../../src/acl/decide.js';
import { AclDocument } from '../../../src/acl/document.js';
import { addEntry, removalsOf, removeEntries } from '../../../src/acl/edit.js';
import { AppError } from '../../../src/errors.js';
import { ADDRESSES, aclFile, edit, hurtFile } from './generated.js';
import { apply, decisionsOf, withoutInsertion } from './oracle.js';

const RUNS = 600;

/** Nothing for a file that FreeSWITCH's preprocessor cuts to pieces, which some of the generated ones are. */
function parsed(text: string): AclDocument | undefined {
  try {
    return AclDocument.parse(Buffer.from(text), 'acl.conf.xml');
  } catch (error) {
    expect(error).toMatchObject({ code: 'acl_not_xml' });
    return undefined;
  }
}

describe('edits of generated files', () => {
  it('change the bytes of the entry and no others, and the lists by that entry alone', () => {
    let done = 0;
    fc.assert(
      fc.property(aclFile, edit, ({ text, names }, request) => {
        const before = parsed(text);
        if (before === undefined) return;
        const result = apply(before, names[request.list % names.length] ?? '', request);
        if (result.kind === 'refused') return;
        done += 1;
        expect(result.problem).toBe(undefined);
      }),
      { numRuns: RUNS },
    );
    expect(done).toBeGreaterThan(RUNS / 4);
  });

  it('are undone by the opposite edit, byte by byte', () => {
    let done = 0;
    fc.assert(
      fc.property(aclFile, fc.nat(4), fc.boolean(), ({ text, names }, index, allow) => {
        const before = parsed(text);
        if (before === undefined) return;
        const list = before.list(Buffer.from(names[index % names.length] ?? '').toString('latin1'));
        const read = readNetwork('198.51.100.0/24');
        if ('problem' in read) throw new Error('the generator failed');
        // The line of a list is dropped with a <? on it.
        if (list === undefined) return;
        let added: AclDocument;
        try {
          added = addEntry(before, list, { network: read.network, allow, comment: 'new' }).document;
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          return;
        }
        const again = added.list(list.name);
        if (again === undefined) throw new Error('the list is gone');
        const removed = removeEntries(added, removalsOf(again, '198.51.100.0/24', read.network)).document;
        done += 1;
        // A self-closed or one-line list keeps the form that it got; the comment of an inline entry stays.
        if (
          list.element.children.length > 0 &&
          withoutInsertion(before.text, added.text)?.match(/[\r\n]$/) !== null
        )
          expect(removed.text).toBe(before.text);
        expect(decisionsOf(removed, ADDRESSES)).toEqual(decisionsOf(before, ADDRESSES));
      }),
      { numRuns: RUNS },
    );
    expect(done).toBeGreaterThan(RUNS / 2);
  });
});

describe('files of any bytes', () => {
  it('are read or refused, and checked, without a crash', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), hurtFile);
    fc.assert(
      fc.property(bytes, (content) => {
        let document: AclDocument;
        try {
          document = AclDocument.parse(content, 'acl.conf.xml');
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          return;
        }
        expect(Buffer.from(document.text, 'latin1').equals(content)).toBe(true);
        checkDocument(document);
        for (const list of document.lists)
          for (const text of ADDRESSES) {
            const address = parseAddress(text);
            if (address !== undefined) decide(list, address);
          }
      }),
      { numRuns: 2 * RUNS },
    );
  });
});
