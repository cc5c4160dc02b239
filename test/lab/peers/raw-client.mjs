// Connects, reads until the connection ends, and prints as one JSON line what it saw:
// {"connected": whether connect succeeded, "bytes": delivered, "error": errno name or null, "duration": milliseconds}
// usage: raw-client.mjs ADDRESS PORT
import { connect } from 'node:net';

const [address, port] = process.argv.slice(2);
const started = performance.now();
const saw = { connected: false, bytes: 0, error: null, duration: 0 };

connect({ host: address, port: Number(port) })
  .on('connect', () => {
    saw.connected = true;
  })
  .on('data', (chunk) => {
    saw.bytes += chunk.length;
  })
  .on('error', (error) => {
    saw.error = error.code;
  })
  .on('close', () => {
    saw.duration = performance.now() - started;
    console.log(JSON.stringify(saw));
  });
