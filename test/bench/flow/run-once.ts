import { flowPart } from '../parts/flow.js';
const c0 = process.cpuUsage();
await flowPart((t) => console.log(t));
const c = process.cpuUsage(c0);
console.log('cpu ms', (c.user + c.system) / 1000);
