/** Of the server, as its API reports it. */
export const SERVER_VERSION = '0.1.0';
