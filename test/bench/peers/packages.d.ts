// The parts of both packages that the benchmark uses. esl ships types that its `exports` hide; modesl has none.
declare module 'esl' {
  export interface FreeSwitchResponse {
    command(application: string, data?: string, timeoutMs?: number): Promise<unknown>;
    hangup(cause?: string): Promise<unknown>;
    exit(): Promise<unknown>;
  }
  export class FreeSwitchServer {
    constructor(options: {
      all_events?: boolean;
      my_events?: boolean;
      logger?: Record<'debug' | 'info' | 'error', (message: string, data?: unknown) => void>;
    });
    on(
      event: 'connection',
      handler: (call: FreeSwitchResponse, data: { data: Record<string, string | undefined> }) => void,
    ): this;
    on(event: 'error', handler: (error: Error) => void): this;
    listen(options: { host?: string; port: number }): Promise<void>;
  }
}

declare module 'modesl' {
  interface Event {
    getHeader(name: string): string | undefined;
  }
  interface Connection {
    execute(application: string, data: string, callback: (event: Event) => void): string;
    getInfo(): Event | null;
    readonly socket: { setNoDelay(on: boolean): void } | null;
    on(event: string, listener: (...values: never[]) => void): this;
  }
  interface Server {
    on(event: 'connection::open' | 'connection::ready', listener: (connection: Connection) => void): this;
  }
  const modesl: {
    readonly Server: new (
      options: { host: string; port: number; myevents?: boolean },
      ready: () => void,
    ) => Server;
  };
  export default modesl;
}
