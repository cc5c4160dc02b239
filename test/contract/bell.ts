import { connectPeer, type Peer, TargetServer } from './peer.ts';

/** Heard in a turn of the loop after the one in which it is rung, before all that gets ready after the ringing: epoll(7) keeps that order. */
export class Bell {
  private readonly rope: Peer;
  private readonly tower: Peer;

  private constructor(rope: Peer, tower: Peer) {
    this.rope = rope;
    this.tower = tower;
  }

  static async hang(): Promise<Bell> {
    const server = await TargetServer.open();
    const [rope, tower] = await Promise.all([connectPeer(server.port), server.peers.next()]);
    return new Bell(rope, tower);
  }

  /** Rings at once. */
  ring(heard: () => void): void {
    this.tower.socket.once('data', heard);
    this.rope.socket.write('!');
  }
}
