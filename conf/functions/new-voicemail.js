// Here a mail would be sent, or a ticket opened.
export const handler = async (event) => {
  const { caller, file, ms } = event.Details.Parameters;
  console.log(`a message of ${ms ?? 'unknown'} ms from ${caller ?? 'somebody'}: ${file}`);
  return {};
};
