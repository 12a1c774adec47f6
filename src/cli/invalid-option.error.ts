/** An option has a value that it cannot have; the message says which ones it can. */
export class InvalidOptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}
