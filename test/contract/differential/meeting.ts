/** Matches two halves of the same connection by a key, in whatever order they come. */
export class Meeting<T> {
  private readonly come = new Map<string, T>();
  private readonly takers = new Map<string, (item: T) => void>();

  put(key: string, item: T): void {
    const resolve = this.takers.get(key);
    this.takers.delete(key);
    if (resolve === undefined) this.come.set(key, item);
    else resolve(item);
  }

  take(key: string): Promise<T> {
    const item = this.come.get(key);
    this.come.delete(key);
    return item === undefined ? new Promise((resolve) => this.takers.set(key, resolve)) : Promise.resolve(item);
  }
}
