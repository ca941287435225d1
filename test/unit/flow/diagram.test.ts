import { expect, it } from 'vitest';
import { mermaid, tree } from '../../../src/flow/diagram.js';
import { read } from './walk.js';

const FLOW = read(`
description: A "small" one
start: hello
error: sorry
blocks:
  hello: { type: play_prompt, prompt: Hello, next: choose, note: 'says <hello> & "more"' }
  choose: { type: menu, choices: { '1': look, '2': look, '9': hello }, exits: { no_input: bye, no_match: lost } }
  look: { type: invoke_function, function: find, next: go }
  go: { type: go_to_flow, flow: other }
  sorry: { type: play_prompt, prompt: Sorry, next: bye }
  alone: { type: end }
  bye: { type: disconnect }`);

it('draws a flow for Mermaid', () => {
  expect(mermaid(FLOW)).toBe(`flowchart TD
  start((start)) --> b0
  b0["hello<br/><small>play_prompt</small><br/>says &lt;hello&gt; &amp; &quot;more&quot;"]
  b1{{"choose<br/><small>menu</small>"}}
  b2{{"look<br/><small>invoke_function find</small>"}}
  b3(["go<br/><small>go_to_flow goes to other</small>"])
  b4["sorry<br/><small>play_prompt</small>"]
  b5(["alone<br/><small>end</small>"])
  b6(["bye<br/><small>disconnect</small>"])
  b0 --> b1
  b1 -->|"1, 2"| b2
  b1 -->|"9"| b0
  b1 -->|"no_input"| b6
  b1 -->|"no_match"| missing["lost?"]
  b2 --> b3
  b4 --> b6
  failure((error)) -.-> b4
`);
});

it('draws a flow as a tree', () => {
  expect(tree(FLOW)).toBe(`main (${FLOW.version}): A "small" one
├─ hello (play_prompt) – says <hello> & "more"
│  └─ choose (menu)
│     ├─ 1, 2 → look (invoke_function find)
│     │  └─ go (go_to_flow goes to other)
│     ├─ 9 → ↑ hello
│     ├─ no_input → bye (disconnect)
│     └─ no_match → lost (missing)
└─ error → sorry (play_prompt)
   └─ ↑ bye
   alone (unreachable)
`);
});
