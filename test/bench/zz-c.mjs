import { spawn } from 'node:child_process';
import autocannon from 'autocannon';
const child = spawn(process.execPath, ['--cpu-prof','--cpu-prof-dir=/tmp/prof','--import','tsx','test/bench/action-server.ts'],{stdio:['ignore','inherit','inherit','ipc']});
const g = await new Promise(r=>child.once('message',r));
const r = await autocannon({url:g.urls[process.argv[2]],duration:4,connections:64,workers:2});
console.log(r.requests.average);
child.kill('SIGTERM'); await new Promise(r=>child.once('exit',r));
