import type { Clock } from './clock.js';

/** Delayed tasks by number and group, as sched_api and sched_hangup leave them (switch_scheduler.c). */
export class Scheduler {
  private readonly clock: Clock;
  private readonly tasks = new Map<number, { readonly group: string; readonly cancel: () => void }>();
  private lastId = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Runs `task` in `delaySeconds`; again and again when `everySeconds` is above 0. Returns the task's number. */
  add(group: string, delaySeconds: number, everySeconds: number, task: () => void): number {
    this.lastId += 1;
    const id = this.lastId;
    const arm = (seconds: number): void => {
      const cancel = this.clock.after(seconds * 1000, () => {
        if (everySeconds > 0) arm(everySeconds);
        else this.tasks.delete(id);
        task();
      });
      this.tasks.set(id, { group, cancel });
    };
    arm(Math.max(0, delaySeconds));
    return id;
  }

  deleteId(id: number): number {
    const task = this.tasks.get(id);
    if (task === undefined) return 0;
    task.cancel();
    this.tasks.delete(id);
    return 1;
  }

  deleteGroup(group: string): number {
    let deleted = 0;
    for (const [id, task] of this.tasks) if (task.group === group) deleted += this.deleteId(id);
    return deleted;
  }

  stop(): void {
    for (const task of this.tasks.values()) task.cancel();
    this.tasks.clear();
  }
}
