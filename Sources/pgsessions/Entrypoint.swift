import Commands
import System

@main
enum Entrypoint {
  static func main() {
    ThisProcess.exit(PgsessionsCommand.run(commandLine: CommandLine.arguments))
  }
}
