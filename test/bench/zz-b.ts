import { World } from '../unit/action-server/world.js';
const FLOW = `
start: hello
error: bye
blocks:
  hello: { type: play_prompt, prompt: { file: /srv/prompts/hello.wav }, next: menu }
  menu:
    type: menu
    prompt: { file: /srv/prompts/menu.wav }
    choices: { '1': operator, '2': bye }
    exits: { no_input: bye, no_match: bye }
  operator: { type: transfer, to: { user: operator }, next: bye, exits: { error: bye } }
  bye: { type: disconnect }
`;
const world = new World({ flows: { flow: FLOW }, policy: { play: { roots: ['/srv/prompts'] } } });
const request = {
  entry: 'flow',
  parameters: { number: '7001', caller: '03012345', uuid: '1f3b7c1e-7d0c-4a83-9f27-3b2f5f1c0a11' },
  headers: {}, host: 'x', remoteAddress: '127.0.0.1', body: '', onDelivered: () => undefined,
};
const n = Number(process.argv[2] ?? 20000);
for (let i = 0; i < 5000; i += 1) void world.server.answer(request);
const t = performance.now();
for (let i = 0; i < n; i += 1) void world.server.answer(request);
console.log(((performance.now() - t) * 1000) / n, 'us');
const a = world.server.answer(request);
console.log((a as {body: string}).body.length, (a as {body: string}).body);
