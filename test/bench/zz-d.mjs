import Fastify from 'fastify';
import autocannon from 'autocannon';
import { randomBytes } from 'node:crypto';
const app = Fastify();
const head='x'.repeat(300), tail='y'.repeat(200);
const constant = head + 'a'.repeat(900) + tail;
const flat = Buffer.from(constant).toString('latin1');
let n=0;
const big = Buffer.from(randomBytes(700));
const h=(f)=>(q,r)=>r.header('content-type','application/json; charset=utf-8').header('cache-control','no-store').send(f());
app.get('/const',h(()=>flat));
app.get('/join',h(()=>[head,big.toString('base64url'),String(n++),tail].join('')));
app.get('/tmpl',h(()=>`${head}${big.toString('base64url')}${n++}${tail}`));
app.get('/buf',h(()=>Buffer.from(`${head}${big.toString('base64url')}${n++}${tail}`,'latin1')));
app.get('/flat',h(()=>Buffer.from(`${head}${big.toString('base64url')}${n++}${tail}`,'latin1').toString('latin1')));
const o = await app.listen({port:0,host:'127.0.0.1'});
for (let k=0;k<2;k++) for (const p of ['const','join','tmpl','buf','flat']) {
 const b=process.cpuUsage(); const t=performance.now();
 const r = await autocannon({url:o+'/'+p,duration:2,connections:64,workers:2});
 const c=process.cpuUsage(b); console.log(p, Math.round(r.requests.average*2/((c.user+c.system)/1e6)),'per core s');
}
process.exit(0);
