/** What the benchmark and its call generator, a process of its own, say to each other over IPC. */

export interface LoadOrder {
  readonly type: 'load';
  readonly destination: string;
  readonly callsPerSecond: number;
  readonly durationMs: number;
  /** Calls placed in the first so many milliseconds count for failures but not for times. */
  readonly warmUpMs: number;
  /**
   * A call that ends earlier after its INVITE was cut short. Not counted from the 200 OK: under load FreeSWITCH's
   * SIP thread sends it late, when the call is playing already.
   */
  readonly leastMs: number;
  /** Longest wait for the 200 OK, and for the BYE after it; then the generator gives the call up. */
  readonly patienceMs: number;
  /** Reads the media and keeps the arrival of every packet. */
  readonly media: boolean;
}

export interface HoldOrder {
  readonly type: 'hold';
  readonly destination: string;
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly patienceMs: number;
}

/** Hangs up all held calls. */
export interface ReleaseOrder {
  readonly type: 'release';
  readonly callsPerSecond: number;
}

export type Order = LoadOrder | HoldOrder | ReleaseOrder;

export interface GeneratorHealth {
  /** How late the generator's own event loop ran while the load was on: every time measured may be late by this. */
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  /** Share of the time in which its event loop was busy, 0 to 1. */
  readonly utilization: number;
}

export interface LoadReport {
  readonly type: 'loaded';
  readonly attempted: number;
  /** Answered, played to the end and hung up by FreeSWITCH. */
  readonly completed: number;
  /** Why the others failed. */
  readonly failures: Readonly<Record<string, number>>;
  readonly retransmissions: number;
  /** INVITE sent to 200 OK received, milliseconds, one per answered call after the warm-up. */
  readonly answerMs: readonly number[];
  /** 200 OK received to BYE received. */
  readonly talkMs: readonly number[];
  /** With `media`: 200 OK to BYE without any audio, per completed call. */
  readonly silenceMs: readonly number[];
  /** With `media`: packets of 20 ms received per completed call. */
  readonly packets: readonly number[];
  readonly health: GeneratorHealth;
}

export interface HeldReport {
  readonly type: 'held';
  readonly held: number;
  readonly failures: Readonly<Record<string, number>>;
}

export interface ReleasedReport {
  readonly type: 'released';
  readonly released: number;
}

export interface ReadyReport {
  readonly type: 'ready';
}

export type Report = LoadReport | HeldReport | ReleasedReport | ReadyReport;
