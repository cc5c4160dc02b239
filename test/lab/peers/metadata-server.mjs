// A cloud's metadata service: it answers the one request of the tutorial.
// usage: metadata-server.mjs ADDRESS PORT LOCAL-IPV4
import { createServer } from 'node:http';

const [address, port, localAddress] = process.argv.slice(2);

createServer((request, response) => {
  const known = request.method === 'GET' && request.url === '/latest/meta-data/local-ipv4';
  response.writeHead(known ? 200 : 404, { 'content-type': 'text/plain' }).end(known ? localAddress : 'not found');
}).listen(Number(port), address, () => console.log('ready'));
