#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import type { Cli } from './cli.js';
import { EXIT } from './exit-code.js';
import { logOutput } from './log-output.js';
import { printError } from './print-error.js';
import { run } from './program.js';

let keepsGoing = false;

const cli: Cli = {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  keepGoing() {
    keepsGoing = true;
    // A limit on the size of files (RLIMIT_FSIZE) is an error of the write, not the end of the process.
    process.on('SIGXFSZ', () => undefined);
    return logOutput();
  },
  terminal: process.stdout.isTTY,
  colour: process.stdout.isTTY && !process.env['NO_COLOR'],
  onSignal(listener) {
    process.on('SIGTERM', listener).on('SIGINT', listener);
    return () => process.off('SIGTERM', listener).off('SIGINT', listener);
  },
  onHangup(listener) {
    process.on('SIGHUP', listener);
    return () => process.off('SIGHUP', listener);
  },
  ...(process.stdin.isTTY && { keys: readKeys }),
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
  readInput,
  exitCode: EXIT.ok,
};

/** On standard error, so that the results stay alone on standard output. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function readKeys(listener: (key: string) => void): () => void {
  const onData = (chunk: Buffer): void => {
    for (const key of chunk.toString('latin1')) listener(key);
  };
  process.stdin.setRawMode(true).on('data', onData).resume();
  return () => {
    process.stdin.setRawMode(false).off('data', onData).pause();
  };
}

// A defect: say so in the form of every other error, and end. FreeSWITCH goes on with what was handed to it.
process.on('uncaughtException', (error) => {
  printError(cli, error);
  process.exit(EXIT.failed);
});
// `switchhook check | head` is no reason to complain.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A daemon has calls; its log is worth less than they are.
  if (keepsGoing) return;
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

process.stderr.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2), cli);
