import { chmod, link, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FileStore } from '../../../src/acl/store.js';
import { confDir } from './support.js';

const ACL = 'autoload_configs/acl.conf.xml';

async function storeOf(content: string): Promise<{ store: FileStore; file: string; folder: string }> {
  const folder = await confDir(content);
  const file = join(folder, ACL);
  return { store: new FileStore(file), file, folder: join(folder, 'autoload_configs') };
}

describe('a file', () => {
  it('is replaced whole, with its mode, and kept beside', async () => {
    const { store, file, folder } = await storeOf('before');
    await chmod(file, 0o640);
    const { ino } = await stat(file);
    await store.replace(await store.read(), Buffer.from('after'));
    expect(await readFile(file, 'utf8')).toBe('after');
    expect((await stat(file)).mode & 0o7777).toBe(0o640);
    expect((await stat(file)).ino).not.toBe(ino);
    expect(await readFile(store.backupPath, 'utf8')).toBe('before');
    // FreeSWITCH loads every .xml of the folder.
    expect((await readdir(folder)).filter((name) => name.endsWith('.xml'))).toEqual(['acl.conf.xml']);
    expect((await readdir(folder)).toSorted()).toEqual(['acl.conf.xml', 'acl.conf.xml.bak']);
  });

  it.skipIf(process.getuid?.() !== 0)('keeps its owner', async () => {
    const { store, file } = await storeOf('before');
    const { chown } = await import('node:fs/promises');
    await chown(file, 1234, 4321);
    await store.replace(await store.read(), Buffer.from('after'));
    expect(await stat(file)).toMatchObject({ uid: 1234, gid: 4321 });
    expect(await stat(store.backupPath)).toMatchObject({ uid: 1234, gid: 4321 });
  });

  it('behind a symbolic link is replaced, not the link', async () => {
    const { file, folder } = await storeOf('before');
    const other = join(folder, 'link');
    await symlink(file, other);
    const store = new FileStore(other);
    await store.replace(await store.read(), Buffer.from('after'));
    expect(await readFile(file, 'utf8')).toBe('after');
    expect(await readFile(other, 'utf8')).toBe('after');
  });

  it('with a second name, or changed meanwhile, is left as it is', async () => {
    const { store, file, folder } = await storeOf('before');
    const seen = await store.read();
    await writeFile(file, 'somebody else');
    await expect(store.replace(seen, Buffer.from('after'))).rejects.toMatchObject({ code: 'acl_locked' });
    expect(await readFile(file, 'utf8')).toBe('somebody else');
    await link(file, join(folder, 'other'));
    await expect(store.replace(await store.read(), Buffer.from('x'))).rejects.toMatchObject({
      code: 'acl_write_failed',
    });
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('that is missing, a folder, or huge is refused', async () => {
    const { file, folder } = await storeOf('x');
    await expect(new FileStore(`${file}.no`).read()).rejects.toMatchObject({ code: 'acl_unreadable' });
    await expect(new FileStore(folder).read()).rejects.toMatchObject({ code: 'acl_unreadable' });
    await writeFile(file, Buffer.alloc(17 * 1024 * 1024, ' '));
    await expect(new FileStore(file).read()).rejects.toMatchObject({ code: 'acl_not_accepted' });
  });
});

describe('the lock', () => {
  it('lets one in after the other', async () => {
    const { store, folder } = await storeOf('');
    const order: string[] = [];
    const work = (name: string) =>
      store.locked(async () => {
        order.push(`${name} in`);
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} out`);
      });
    await Promise.all([work('a'), work('b'), work('c')]);
    expect(order.map((step) => step.slice(2))).toEqual(['in', 'out', 'in', 'out', 'in', 'out']);
    expect(await readdir(folder)).toEqual(['acl.conf.xml']);
  });

  it('of a process that is gone does not count, of one elsewhere it does', async () => {
    const { store, folder } = await storeOf('');
    const lock = join(folder, '.acl.conf.xml.lock');
    await writeFile(lock, `4194303 ${hostname()} abc\n`);
    expect(await store.locked(() => Promise.resolve('done'))).toBe('done');
    await writeFile(lock, '1 another-machine abc\n');
    await expect(new FileStore(store.path, 1).locked(() => Promise.resolve('done'))).rejects.toMatchObject({
      code: 'acl_locked',
    });
    expect(await readFile(lock, 'utf8')).toContain('another-machine');
  });

  it('is given back when the work fails', async () => {
    const { store, folder } = await storeOf('');
    await expect(store.locked(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual(['acl.conf.xml']);
  });

  it('can not be had in a folder that is not there', async () => {
    const { folder } = await storeOf('');
    await mkdir(join(folder, 'x'));
    const store = new FileStore(join(folder, 'nowhere/acl.conf.xml'));
    await expect(store.locked(() => Promise.resolve())).rejects.toMatchObject({ code: 'acl_write_failed' });
  });
});

describe('a lock', () => {
  it('that a crash left empty is taken away, once it is old', async () => {
    const { store, folder } = await storeOf('before');
    const lock = join(folder, '.acl.conf.xml.lock');
    await writeFile(lock, '');
    await expect(new FileStore(store.path, 1).locked(() => Promise.resolve())).rejects.toMatchObject({
      code: 'acl_locked',
    });
    const old = new Date(Date.now() - 60_000);
    await utimes(lock, old, old);
    expect(await store.locked(() => Promise.resolve('done'))).toBe('done');
  });
});
