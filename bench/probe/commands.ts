/** Answers each command of the parent with a report; ends with the parent, or with the first failure. */
export function answerCommands<Command, Report>(measure: (command: Command) => Promise<Report>): void {
  process.on('message', (command: Command) => {
    measure(command).then(
      (report) => process.send?.(report),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit());
}
