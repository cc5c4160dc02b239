import { connectPeer, type Peer, TargetServer } from './peer.ts';

/**
 * Calls back in a turn of the loop after the one in which it is sent, and before the loop handles what becomes ready
 * after that: epoll(7) reports in this order.
 */
export class LoopSignal {
  private readonly sender: Peer;
  private readonly receiver: Peer;

  private constructor(sender: Peer, receiver: Peer) {
    this.sender = sender;
    this.receiver = receiver;
  }

  static async open(): Promise<LoopSignal> {
    const server = await TargetServer.open();
    const [sender, receiver] = await Promise.all([connectPeer(server.port), server.peers.next()]);
    return new LoopSignal(sender, receiver);
  }

  /** Sends it at once. */
  send(received: () => void): void {
    this.receiver.socket.once('data', received);
    this.sender.socket.write('!');
  }
}
