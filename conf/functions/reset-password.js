// The pins of an example; real ones belong into a service that counts wrong guesses.
const PINS = new Map([['12345', '0000']]);

export const handler = async (event) => {
  const { employee, pin } = event.Details.Parameters;
  return { result: PINS.get(employee) === pin ? 'done' : 'wrong_pin' };
};
