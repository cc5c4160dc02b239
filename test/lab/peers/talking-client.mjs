// Connects, prints `connected`, and sends each line of its stdin at once. Prints how the connection ended: an errno
// name or `end`.
// usage: talking-client.mjs ADDRESS PORT
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const [address, port] = process.argv.slice(2);
let end = 'end';

const socket = connect({ host: address, port: Number(port), noDelay: true })
  .on('connect', () => console.log('connected'))
  .on('error', (error) => {
    end = error.code;
  })
  .on('close', () => {
    console.log(end);
    process.exit();
  });
createInterface({ input: process.stdin }).on('line', (line) => socket.write(line));
