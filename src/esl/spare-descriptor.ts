import { closeSync, openSync } from 'node:fs';

const LOOK_MS = 200;

/**
 * A descriptor that is kept for the moment in which there is none left.
 *
 * libuv keeps one of its own to take connections with, and to close them at once, when there are no more (stream.c
 * uv__emfile_trick). It loses it when a thread that opens a file gets the number in between, and then connections wait
 * unseen in the backlog, each with a caller in silence, until something happens to be closed. Ours is given away when
 * nothing can be opened, and taken again when there is one: so they are taken one after the other, and answered.
 */
export class SpareDescriptor {
  #descriptor: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  start(): void {
    this.#descriptor = opened();
    // Without such a file there is nothing to be kept.
    if (this.#descriptor === undefined) return;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#giveAway();
  }

  #look(): void {
    const another = opened();
    if (another === undefined) this.#giveAway();
    else if (this.#descriptor === undefined) this.#descriptor = another;
    else closeSync(another);
  }

  #giveAway(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}

function opened(): number | undefined {
  try {
    return openSync('/dev/null', 'r');
  } catch {
    return undefined;
  }
}
