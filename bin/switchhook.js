#!/usr/bin/env node
// The command. It is here, and not in dist, so that it is there and may be executed before the first build.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { URL } from 'node:url';

const main = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(main)) {
  await import(main.href);
} else {
  process.stderr.write('switchhook is not built yet.\n  Build it with: npm run build\n');
  process.exitCode = 1;
}
