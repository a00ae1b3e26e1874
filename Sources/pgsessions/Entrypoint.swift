import Commands
import OperatingSystem

@main
enum Entrypoint {
  static func main() {
    ThisProcess.exit(PgsessionsCommand.run(commandLine: CommandLine.arguments))
  }
}
