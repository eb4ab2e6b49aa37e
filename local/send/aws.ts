/** Stand for any in the events that are built here. */
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';
