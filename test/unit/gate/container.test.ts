import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../gate/packages.js';

/** Instructions of the Dockerfile, continued lines joined, in stages. */
const stages = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split(/^(?=FROM )/m)
  .filter((stage) => stage.startsWith('FROM '))
  .map((stage) =>
    stage
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [, instruction = '', rest = ''] = /^(\w+) +(.*)$/.exec(line) ?? [];
        return { instruction, rest };
      }),
  );
const image = stages.at(-1) ?? [];

function of(instruction: string, stage = image): string[] {
  return stage.filter((one) => one.instruction === instruction).map(({ rest }) => rest);
}

describe('the container image', () => {
  it('runs as a user that is not root, named by number, from the first process on', () => {
    expect(of('USER')).toEqual(['1000:1000']);
    const after = image.slice(image.findIndex(({ instruction }) => instruction === 'USER') + 1);
    expect(after.map(({ instruction }) => instruction)).toEqual(
      expect.arrayContaining(['HEALTHCHECK', 'ENTRYPOINT', 'CMD']),
    );
    expect(after.filter(({ instruction }) => ['RUN', 'COPY', 'ADD'].includes(instruction))).toEqual([]);
  });

  it('starts without a shell, and so does its health check', () => {
    for (const rest of [...of('ENTRYPOINT'), ...of('CMD')]) expect(rest).toMatch(/^\[".*"\]$/);
    expect(of('HEALTHCHECK')).toEqual([expect.stringMatching(/ CMD \["node", .*"health"\]$/)]);
  });

  it('drains when it is stopped', () => {
    expect(of('STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('has what is needed to run, and no tool that built it', () => {
    const copies = of('COPY');
    expect(copies.filter((copy) => copy.includes('node_modules'))).toEqual([
      '--from=dependencies /build/node_modules ./node_modules',
    ]);
    const dependencies = stages.find((stage) => of('FROM', stage)[0]?.endsWith(' AS dependencies') === true);
    expect(of('RUN', dependencies)).toEqual(['npm ci --omit=dev --ignore-scripts']);
    expect(copies).toEqual(expect.arrayContaining([expect.stringMatching(/\bLICENSE NOTICE\b/)]));
    const removed = of('RUN').join(' ');
    for (const tool of ['/usr/local/lib/node_modules', '/usr/local/bin/npm']) expect(removed).toContain(tool);
    expect(removed).toContain('-perm /6000');
  });

  it('runs no script of a package while it is built', () => {
    for (const command of stages.flatMap((stage) => of('RUN', stage)))
      if (command.includes('npm ci')) expect(command).toContain('--ignore-scripts');
  });

  it('is made of files that are there and that .dockerignore lets in', () => {
    const rules = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    const allowed = rules.filter((rule) => rule.startsWith('!')).map((rule) => rule.slice(1));
    expect(rules).toContain('*');
    const sources = stages
      .flatMap((stage) => of('COPY', stage))
      .filter((copy) => !copy.startsWith('--from='))
      .flatMap((copy) => copy.split(/\s+/).slice(0, -1));
    expect(sources).toContain('src');
    for (const source of sources) {
      expect(existsSync(join(ROOT, source)), source).toBe(true);
      expect(allowed).toContain(source);
    }
  });

  it('holds no secret', () => {
    const settings = [...of('ENV'), ...of('ARG')].join(' ');
    expect(settings).not.toMatch(/token|secret|password|key/i);
  });
});
