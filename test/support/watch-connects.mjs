// Loaded before a daemon: writes down every TCP connection that it begins, and lets none leave this machine.
const { TCP } = process.binding('tcp_wrap');

for (const name of ['connect', 'connect6']) {
  const connect = TCP.prototype[name];
  TCP.prototype[name] = function (request, address, ...rest) {
    process.stderr.write(`connects to ${address}\n`);
    const isHere = /^(127\.|::1$|::ffff:127\.)/.test(address);
    return isHere ? connect.call(this, request, address, ...rest) : -111;
  };
}
