import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { allNodes, commandTree } from '../../../src/cli/completion/command-tree.js';
import { createProgram } from '../../../src/cli/program.js';
import { harness, runCli } from './harness.js';

const tree = commandTree(createProgram(harness().cli));

function available(shell: string): boolean {
  return spawnSync(shell, ['--version']).error === undefined;
}

/** What bash would offer behind these words. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const { out } = await runCli(['completion', 'bash']);
  const script = `${out}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _switchhook; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', 'switchhook', ...words], {
    encoding: 'utf8',
    cwd: 'conf',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe('what a shell is told', () => {
  it('is every command that users see, and none that they don’t', () => {
    const paths = allNodes(tree).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['', ' serve', ' call show', ' completion']));
    expect(paths).not.toContain(' reference');
    expect(paths).not.toContain(' call number');
  });

  it.each(['bash', 'zsh', 'fish'])('names every command and option in %s', async (shell) => {
    const { code, out } = await runCli(['completion', shell]);
    expect(code).toBe(0);
    for (const { name, options } of allNodes(tree).slice(1)) {
      expect(out).toContain(name);
      for (const flag of options.flatMap(({ flags }) => flags))
        expect(out).toContain(shell === 'fish' ? flag.replace(/^--?/, '') : flag);
    }
  });

  it('is refused for another shell', async () => {
    const { code, err } = await runCli(['completion', 'tcsh']);
    expect(code).toBe(2);
    expect(err).toContain('bash, zsh, fish');
  });
});

describe.skipIf(!available('bash'))('bash', () => {
  it.each([
    [['ca'], ['calls', 'call', 'callbacks']],
    [['call', 'sh'], ['show']],
    [['call', 'hangup', 'some-uuid', '--ca'], ['--cause']],
    [['calls', '--state', 'a'], ['asking']],
    [['calls', '--number', ''], []],
    [['completion', 'f'], ['fish']],
    [['serve', '--config', 'switchhook.y'], ['switchhook.yaml']],
    [['serve', '-c', 'switchhook.y'], ['switchhook.yaml']],
    [['call', 'run', 'some-uuid', 'switchhook.y'], ['switchhook.yaml']],
  ])('offers behind %j: %j', async (words, expected) => {
    expect((await offered(...words)).toSorted()).toEqual(expected.toSorted());
  });

  it('does not run what stands on the line', async () => {
    expect(await offered('$(touch /nowhere/x)', '`id`', 'ser')).toEqual(['serve']);
  });
});

for (const shell of ['zsh', 'fish']) {
  describe.skipIf(!available(shell))(shell, () => {
    it('can read its script', async () => {
      const { out } = await runCli(['completion', shell]);
      const { status, stderr } = spawnSync(shell, ['-n'], { input: out, encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    });
  });
}
