const SAMPLE_RATE = 8000;

/** A WAV file with a tone that swells and fades: 8 kHz, 16 bit, mono. */
export function toneFile(durationMs: number, hertz = 440): Buffer {
  const samples = Math.round((SAMPLE_RATE * durationMs) / 1000);
  const data = Buffer.alloc(samples * 2);
  for (let i = 0; i < samples; i += 1) {
    const swell = Math.sin((Math.PI * i) / samples);
    data.writeInt16LE(Math.round(8000 * swell * Math.sin((2 * Math.PI * hertz * i) / SAMPLE_RATE)), i * 2);
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(SAMPLE_RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}
