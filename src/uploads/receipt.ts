/** What a sender is answered. */
export interface Receipt<Answer> {
  readonly answer: Answer;
  /** The request was carried out before: nothing happened but that it was answered again. */
  readonly replayed: boolean;
}
