// As an AWS Lambda function for Amazon Connect is written: one that runs there runs here as it is.
export const handler = async (event) => {
  const { companyName } = event.Details.Parameters;
  const caller = event.Details.ContactData.CustomerEndpoint?.Address;
  console.log('asked for', caller, 'by', companyName);

  // Here a database or another service would be asked.
  return {
    customerBalance: '567.43',
    websiteUrl: 'www.example.com',
  };
};
