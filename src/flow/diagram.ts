import type { Block, Flow } from './flow.js';

/** A flow as a picture: Mermaid for documents, a tree for the terminal. */

interface Arrow {
  readonly exits: readonly string[];
  readonly target: string;
}

/** Exits that lead to the same block are one arrow; those to the `error` block by default are left out. */
function arrowsOf(block: Block, withDefaults: boolean): Arrow[] {
  const arrows = new Map<string, string[]>();
  for (const [exit, { target, byDefault }] of block.ways) {
    if (target === undefined || (byDefault && !withDefaults)) continue;
    const exits = arrows.get(target) ?? [];
    exits.push(exit);
    arrows.set(target, exits);
  }
  return Array.from(arrows, ([target, exits]) => ({ exits, target }));
}

function aim(block: Block, flow: Flow): string | undefined {
  const enters = block.type.facts?.(block.parameters, flow.publicKeys).enters;
  return enters === undefined ? undefined : `${enters.call ? 'calls' : 'goes to'} ${enters.flow}`;
}

function summary(block: Block, flow: Flow): string {
  const facts = block.type.facts?.(block.parameters, flow.publicKeys);
  return [block.type.type, facts?.invokes?.function, aim(block, flow)]
    .filter((part) => part !== undefined)
    .join(' ');
}

function quoted(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/\s+/g, ' ');
}

export function mermaid(flow: Flow): string {
  const ids = new Map(Array.from(flow.blocks.keys(), (name, index) => [name, `b${index}`]));
  const lines = ['flowchart TD', `  start((start)) --> ${ids.get(flow.start) ?? 'missing'}`];
  for (const block of flow.blocks.values()) {
    const note = block.note === undefined ? '' : `<br/>${quoted(block.note)}`;
    const label = `${quoted(block.name)}<br/><small>${quoted(summary(block, flow))}</small>${note}`;
    const [open, close] =
      block.type.last === true ? ['([', '])'] : block.ways.size > 2 ? ['{{', '}}'] : ['[', ']'];
    lines.push(`  ${ids.get(block.name) ?? ''}${open}"${label}"${close}`);
  }
  for (const block of flow.blocks.values()) {
    for (const { exits, target } of arrowsOf(block, false)) {
      const label = exits.length === 1 && exits[0] === 'next' ? '' : `|"${quoted(exits.join(', '))}"|`;
      lines.push(
        `  ${ids.get(block.name) ?? ''} -->${label} ${ids.get(target) ?? `missing["${quoted(target)}?"]`}`,
      );
    }
  }
  const error = flow.error === undefined ? undefined : ids.get(flow.error);
  if (error !== undefined) lines.push(`  failure((error)) -.-> ${error}`);
  return `${lines.join('\n')}\n`;
}

/** Every block once, where it is first reached; after that as `↑ name`. */
export function tree(flow: Flow): string {
  const seen = new Set<string>();
  const lines = [
    `${flow.name} (${flow.version})${flow.description === undefined ? '' : `: ${flow.description}`}`,
  ];
  const add = (name: string, label: string, before: string, isLast: boolean): void => {
    const block = flow.blocks.get(name);
    const way = label === '' ? '' : `${label} → `;
    const stem = `${before}${isLast ? '└─ ' : '├─ '}${way}`;
    if (block === undefined) {
      lines.push(`${stem}${name} (missing)`);
      return;
    }
    if (seen.has(name)) {
      lines.push(`${stem}↑ ${name}`);
      return;
    }
    seen.add(name);
    lines.push(
      `${stem}${name} (${summary(block, flow)})${block.note === undefined ? '' : ` – ${block.note}`}`,
    );
    const arrows = arrowsOf(block, false);
    const within = `${before}${isLast ? '   ' : '│  '}`;
    arrows.forEach(({ exits, target }, index) => {
      const only = exits.length === 1 && exits[0] === 'next' && arrows.length === 1;
      add(target, only ? '' : exits.join(', '), within, index === arrows.length - 1);
    });
  };
  const hasError = flow.error !== undefined && flow.error !== flow.start;
  add(flow.start, '', '', !hasError);
  if (flow.error !== undefined && hasError) add(flow.error, 'error', '', true);
  const left = [...flow.blocks.keys()].filter((name) => !seen.has(name));
  for (const name of left) lines.push(`   ${name} (unreachable)`);
  return `${lines.join('\n')}\n`;
}
