import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One connection through the proxy. */
export interface ProxiedConnection {
  /** From now on nothing passes, in either direction; both ends stay open. */
  freeze(): void;
  thaw(): void;
  /** Ends both sides at once, in the middle of whatever was under way. */
  cut(): void;
}

/** Stands between a client and a server on this machine and can fail as networks do. */
export class TcpProxy {
  readonly connections: ProxiedConnection[] = [];
  #frozen = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    /** Where new connections go, for a server that comes back on another port. */
    public target: number,
  ) {}

  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new TcpProxy(server, (server.address() as AddressInfo).port, targetPort);
    server.on('connection', (client) => proxy.#join(client, connect(proxy.target, '127.0.0.1')));
    return proxy;
  }

  /** The same URL, by way of the proxy. */
  static async inFrontOf(url: string): Promise<{ proxy: TcpProxy; url: string }> {
    const through = new URL(url);
    const proxy = await TcpProxy.start(Number(through.port));
    through.hostname = '127.0.0.1';
    through.port = String(proxy.port);
    return { proxy, url: through.href };
  }

  /** Freezes every connection, new ones too. */
  freeze(): void {
    this.#frozen = true;
    for (const connection of this.connections) connection.freeze();
  }

  thaw(): void {
    this.#frozen = false;
    for (const connection of this.connections) connection.thaw();
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    const connection: ProxiedConnection = {
      freeze: () => {
        client.unpipe(server).pause();
        server.unpipe(client).pause();
      },
      thaw: () => {
        // Piped twice, everything would pass twice.
        client.unpipe(server).pipe(server);
        server.unpipe(client).pipe(client);
      },
      cut: () => {
        client.destroy();
        server.destroy();
      },
    };
    for (const socket of [client, server]) {
      socket.on('error', () => connection.cut());
      socket.on('close', () => {
        connection.cut();
        const at = this.connections.indexOf(connection);
        if (at !== -1) this.connections.splice(at, 1);
      });
    }
    this.connections.push(connection);
    if (!this.#frozen) connection.thaw();
  }
}
