import { benchFraming, type FramingResult } from '../framing.js';
import { table } from '../report.js';

/** The daemon's reading of the Event Socket, on one core and without a switch. */
export async function framingPart(print: (text: string) => void): Promise<FramingResult> {
  const figures = await benchFraming();
  const row = (what: string, ours: number, theirs: number): string[] => [
    what,
    String(ours),
    String(theirs),
    (ours / theirs).toFixed(1),
  ];
  print(
    `Framing, per second on one core\n${table(
      ['', 'switchhook', 'esl-lite', 'times'],
      [
        row(
          `events of ${figures.messageBytes} bytes`,
          figures.messagesPerSecond,
          figures.eslLiteMessagesPerSecond,
        ),
        row(
          `headers of a connect block of ${figures.connectBytes} bytes`,
          figures.connectsPerSecond,
          figures.eslLiteConnectsPerSecond,
        ),
      ],
    )}\n`,
  );
  return figures;
}
