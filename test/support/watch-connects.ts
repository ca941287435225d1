/** Loaded before a daemon: writes down every TCP connection that it begins, and lets none leave this machine. */

type Connect = (this: object, request: object, address: string, ...rest: readonly number[]) => number;

/** Node's own class below `net.Socket`: nothing gets past it. */
interface TcpBinding {
  readonly TCP: { readonly prototype: Record<'connect' | 'connect6', Connect> };
}

const { TCP } = (process as unknown as { binding(name: 'tcp_wrap'): TcpBinding }).binding('tcp_wrap');
/** -ECONNREFUSED */
const REFUSED = -111;

for (const name of ['connect', 'connect6'] as const) {
  const connect = TCP.prototype[name];
  TCP.prototype[name] = function (request, address, ...rest) {
    process.stderr.write(`connects to ${address}\n`);
    const isHere = /^(127\.|::1$|::ffff:127\.)/.test(address);
    return isHere ? connect.call(this, request, address, ...rest) : REFUSED;
  };
}
