/** The forwarder anyone would write first: the yardstick. `node naive.js LISTEN-PORT TARGET-HOST TARGET-PORT` */
import { connect, createServer } from 'node:net';

const [listenPort, targetHost, targetPort] = process.argv.slice(2);
const server = createServer((client) => {
  const target = connect(Number(targetPort), targetHost);
  client.pipe(target).pipe(client);
  client.on('error', () => target.destroy());
  target.on('error', () => client.destroy());
});
server.listen({ host: '127.0.0.1', port: Number(listenPort), backlog: 1024 });
