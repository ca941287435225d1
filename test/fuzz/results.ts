import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { HuntResult } from './hunt/hunt.js';

const FOLDER = path.join(import.meta.dirname, 'results');

const resultSchema = z.strictObject({
  target: z.string(),
  date: z.iso.date(),
  node: z.string(),
  cpuSeconds: z.number(),
  inputs: z.int(),
  blocks: z.int(),
  kept: z.int(),
  findings: z.int(),
});
export type RecordedResult = z.output<typeof resultSchema>;

function fileOf(target: string): string {
  return path.join(FOLDER, `${target}.json`);
}

export function saveResult(target: string, result: HuntResult): void {
  const recorded: RecordedResult = {
    target,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    cpuSeconds: Math.round(result.cpuSeconds),
    inputs: result.inputs,
    blocks: result.blocks,
    kept: result.kept,
    findings: result.findings.length,
  };
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(fileOf(target), `${JSON.stringify(recorded, null, 2)}\n`);
}

/** Undefined: no hunt of it was recorded. */
export function resultOf(target: string): RecordedResult | undefined {
  const file = fileOf(target);
  return existsSync(file) ? resultSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}
