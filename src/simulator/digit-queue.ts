/** The digits that wait on a channel, and those that were taken (`digits_dialed`). */
export class DigitQueue {
  private readonly waiting: string[] = [];
  private readonly taken: string[] = [];

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** switch_channel_queue_dtmf_string; durations (`5@200`) are read over. How many digits there were. */
  queue(text: string): number {
    let queued = 0;
    for (const part of text.replace(/^~/, '').split('+')) {
      for (const digit of part.replace(/@.*/s, '')) {
        if (!/[0-9A-DFa-dfwW#*]/.test(digit)) continue;
        this.waiting.push(digit);
        queued += 1;
      }
    }
    return queued;
  }

  take(): string | undefined {
    const digit = this.waiting.shift();
    if (digit !== undefined) this.taken.push(digit);
    return digit;
  }

  flush(): void {
    this.waiting.length = 0;
  }

  get dialled(): string {
    return this.taken.join('');
  }
}
